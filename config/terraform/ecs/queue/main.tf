# Apply once, in the account and region of the queue: what AWS says about deployments arrives here, and Watchkeeper listens.
#
#   terraform apply -var 'watchkeeper=arn:aws:iam::123456789012:role/watchkeeper' -var 'accounts=["444455556666"]'

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "watchkeeper" {
  description = "The ARN of Watchkeeper's own identity, which assumes the roles."
  type        = string
}

variable "accounts" {
  description = "The other accounts whose deployments are followed, twelve digits each."
  type        = list(string)
  default     = []
}

data "aws_caller_identity" "here" {}
data "aws_region" "here" {}

locals {
  bus = "arn:aws:events:${data.aws_region.here.region}:${data.aws_caller_identity.here.account_id}:event-bus/default"
}

# To what follows deployments an event only says where to look, but alerts must outlast a weekend without the bot.
resource "aws_sqs_queue" "events" {
  name                       = "watchkeeper"
  message_retention_seconds  = 345600
  receive_wait_time_seconds  = 20
  visibility_timeout_seconds = 30
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTheseRules"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.heard : rule.arn] } }
    }]
  })
}

# The same rules as in ../account/main.tf. Here they also match what other accounts and regions send on.
resource "aws_cloudwatch_event_rule" "heard" {
  for_each = {
    watchkeeper-deployments = {
      source = ["aws.ecs", "aws.codedeploy"]
      detail-type = [
        "ECS Deployment State Change",
        "ECS Hook State Change", # a PAUSE hook waits; AWS tells it by this one alone
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
  name          = each.key
  description   = "What Watchkeeper follows."
  event_pattern = jsonencode(each.value)
}

resource "aws_cloudwatch_event_target" "queue" {
  for_each = aws_cloudwatch_event_rule.heard
  rule     = each.value.name
  arn      = aws_sqs_queue.events.arn
}

# A bus has one policy: if yours has one already, add this statement there instead.
resource "aws_cloudwatch_event_bus_policy" "accounts" {
  count = length(var.accounts) == 0 ? 0 : 1
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EventsForWatchkeeper"
      Effect    = "Allow"
      Principal = { AWS = [for account in var.accounts : "arn:aws:iam::${account}:root"] }
      Action    = "events:PutEvents"
      Resource  = local.bus
    }]
  })
}

resource "aws_iam_role" "events" {
  name                 = "watchkeeper-events"
  max_session_duration = 3600
  assume_role_policy = replace(
    file("${path.module}/../../../iam/trust.json"),
    "arn:aws:iam::123456789012:role/watchkeeper", var.watchkeeper
  )
}

resource "aws_iam_role_policy" "events" {
  role   = aws_iam_role.events.id
  policy = file("${path.module}/../../../iam/events.json")
}

output "queue" {
  description = "For [[events]] in watchkeeper.toml."
  value       = aws_sqs_queue.events.url
}

output "bus" {
  description = "Where other accounts and regions send on what they hear: `bus` of ../account."
  value       = local.bus
}
