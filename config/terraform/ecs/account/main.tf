# Apply once in each account whose deployments are followed: the role Watchkeeper works with, and what sends the account's
# events on to the queue's account.
#
#   terraform apply -var 'watchkeeper=arn:aws:iam::123456789012:role/watchkeeper' \
#     -var 'regions=["eu-central-1"]' -var 'bus=arn:aws:events:eu-central-1:123456789012:event-bus/default'
#
# Without `bus` there is the role alone; then the bot finds out by looking.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0" # the first in which a resource may say its region
    }
  }
}

variable "watchkeeper" {
  description = "The ARN of Watchkeeper's own identity, which assumes the roles."
  type        = string
}

variable "bus" {
  description = "The default bus of the queue's account and region, the output `bus` of ../queue; null for no events."
  type        = string
  default     = null
}

variable "regions" {
  description = "The regions whose events are sent on. In the queue's own account leave out the queue's region: there its rules hear them."
  type        = set(string)
  default     = []
}

resource "aws_iam_role" "ecs" {
  name                 = "watchkeeper-ecs"
  max_session_duration = 3600
  assume_role_policy = replace(
    file("${path.module}/../../../iam/trust.json"),
    "arn:aws:iam::123456789012:role/watchkeeper", var.watchkeeper
  )
}

resource "aws_iam_role_policy" "ecs" {
  role   = aws_iam_role.ecs.id
  policy = file("${path.module}/../../../iam/ecs.json")
}

locals {
  # The same rules as in ../queue/main.tf.
  patterns = {
    watchkeeper-deployments = {
      source = ["aws.ecs", "aws.codedeploy"]
      detail-type = [
        "ECS Deployment State Change",
        "ECS Hook State Change",
        "ECS Service Action",
        "CodeDeploy Deployment State-change Notification",
      ]
    }
    watchkeeper-stopped-tasks = {
      source      = ["aws.ecs"]
      detail-type = ["ECS Task State Change"]
      detail      = { lastStatus = ["STOPPED"] }
    }
    watchkeeper-alerts = { # for `alerts` of [[events]]: docs/sources.md
      source = ["aws.cloudwatch", "aws.health", "aws.rds"]
      detail-type = [
        "AWS Health Abuse Event",
        "AWS Health Event",
        "CloudWatch Alarm State Change",
        "RDS DB Cluster Event",
        "RDS DB Instance Event",
      ]
    }
  }
  places = var.bus == null ? {} : {
    for place in setproduct(var.regions, keys(local.patterns)) : join("/", place) => { region = place[0], name = place[1] }
  }
}

resource "aws_cloudwatch_event_rule" "sent_on" {
  for_each      = local.places
  region        = each.value.region
  name          = each.value.name
  description   = "What Watchkeeper follows."
  event_pattern = jsonencode(local.patterns[each.value.name])
}

resource "aws_cloudwatch_event_target" "bus" {
  for_each = local.places
  region   = each.value.region
  rule     = aws_cloudwatch_event_rule.sent_on[each.key].name
  arn      = var.bus
  role_arn = aws_iam_role.sends[0].arn
}

resource "aws_iam_role" "sends" {
  count = var.bus == null ? 0 : 1
  # Not watchkeeper-…: the bot may assume every role of that name.
  name = "events-to-watchkeeper"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "sends" {
  count = var.bus == null ? 0 : 1
  role  = aws_iam_role.sends[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = var.bus
    }]
  })
}
