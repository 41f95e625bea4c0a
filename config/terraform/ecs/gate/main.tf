# An example: a service that is deployed blue/green by ECS itself and waits for people twice. Copy what you need from it.
#
# Pause hooks are young. `target_type` and `timeout_configuration` of `lifecycle_hook` are in the AWS provider since
# hashicorp/terraform-provider-aws#48128 (autumn 2026); a release before that says "Unsupported argument". Until you have it, leave
# both hooks out here and give them to the service with the AWS CLI. It replaces all of the deployment configuration, and
# Terraform takes the hooks away with its next apply, unless `ignore_changes = [deployment_configuration]` stands there:
#
#   aws ecs update-service --cluster CLUSTER --service web --deployment-configuration '{
#     "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 10,
#     "lifecycleHooks": [{ "targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
#       "timeoutConfiguration": { "timeoutInMinutes": 60, "action": "ROLLBACK" } }] }'
#
# AWS lets a hook pause at all stages but TEST_TRAFFIC_SHIFT and PRODUCTION_TRAFFIC_SHIFT, for up to 14 days.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "cluster" {
  description = "The cluster's ARN."
  type        = string
}

variable "task_definition" {
  description = "The task definition to run, family:revision; its container `web` listens on port 8080."
  type        = string
}

variable "subnets" {
  description = "The subnets the tasks run in."
  type        = list(string)
}

variable "target_groups" {
  description = "The ARNs of two target groups of type ip. Tasks move from one to the other with each deployment."
  type        = object({ blue = string, green = string })
}

variable "listener_rules" {
  description = "The ARNs of the load balancer's listener rules: the one people come by, and one to try green by."
  type        = object({ production = string, test = string })
}

variable "load_balancer_role" {
  description = "The ARN of the role ECS moves the traffic with; it takes AmazonECSInfrastructureRolePolicyForLoadBalancers."
  type        = string
}

variable "alarms" {
  description = "The names of alarms that make ECS take a deployment back."
  type        = list(string)
  default     = []
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = var.cluster
  task_definition = var.task_definition
  desired_count   = 3
  launch_type     = "FARGATE"

  # Policy decides by these, unless the account's own project and environment in watchkeeper.toml will do.
  tags = {
    project = "shop"
    env     = "prod"
  }

  # With either of these Terraform would sit through the pauses; with sigint_rollback a broken-off run takes the deployment back.
  wait_for_steady_state = false
  sigint_rollback       = false

  network_configuration {
    subnets = var.subnets
  }

  load_balancer {
    target_group_arn = var.target_groups.blue
    container_name   = "web"
    container_port   = 8080

    advanced_configuration {
      alternate_target_group_arn = var.target_groups.green
      production_listener_rule   = var.listener_rules.production
      test_listener_rule         = var.listener_rules.test
      role_arn                   = var.load_balancer_role
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(var.alarms) == 0 ? [] : [var.alarms]
    content {
      enable      = true
      rollback    = true
      alarm_names = alarms.value
    }
  }

  deployment_configuration {
    strategy             = "BLUE_GREEN"
    bake_time_in_minutes = 10

    # Green has the test traffic: look at it, then say whether people may have it.
    lifecycle_hook {
      target_type      = "PAUSE"
      lifecycle_stages = ["POST_TEST_TRAFFIC_SHIFT"]

      timeout_configuration {
        timeout_in_minutes = 60
        action             = "ROLLBACK"
      }
    }

    # Green has everything: the last moment at which going back is quick.
    lifecycle_hook {
      target_type      = "PAUSE"
      lifecycle_stages = ["POST_PRODUCTION_TRAFFIC_SHIFT"]

      timeout_configuration {
        timeout_in_minutes = 120
        action             = "CONTINUE"
      }
    }
  }
}
