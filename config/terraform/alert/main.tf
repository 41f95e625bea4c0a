# Apply once in each account whose CloudWatch alarms are acknowledged and silenced: the role Watchkeeper looks at alarms with,
# and switches their actions.
#
#   terraform apply -var 'watchkeeper=arn:aws:iam::123456789012:role/watchkeeper'
#
# Without it alarms are handled in chat alone: their actions go on, and the card says so.

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

resource "aws_iam_role" "alert" {
  name                 = "watchkeeper-alert"
  max_session_duration = 3600
  assume_role_policy = replace(
    file("${path.module}/../../iam/trust.json"),
    "arn:aws:iam::123456789012:role/watchkeeper", var.watchkeeper
  )
}

resource "aws_iam_role_policy" "alert" {
  role   = aws_iam_role.alert.id
  policy = file("${path.module}/../../iam/alert.json")
}

output "role" {
  description = "The role's ARN."
  value       = aws_iam_role.alert.arn
}
