# ping on AWS: the function, its role and its log. `rest.tf` and `http.tf` put API Gateway before it.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

variable "name" {
  description = "What the function and all around it are called."
  type        = string
  default     = "ping"
}

variable "package" {
  description = "The zip with the release binary, called `bootstrap`."
  type        = string
}

variable "architecture" {
  description = "What the binary was built for: `x86_64` or `arm64`."
  type        = string
  default     = "arm64"
}

variable "front_end" {
  description = "`rest` for a REST API, `http` for an HTTP API."
  type        = string
  default     = "rest"

  validation {
    condition     = contains(["rest", "http"], var.front_end)
    error_message = "The front end is `rest` or `http`."
  }
}

variable "allowed_hosts" {
  description = "The hosts that ping may fetch: `*`, or a list such as `example.com, *.example.org`."
  type        = string
}

variable "log_days" {
  description = "How long log lines are kept."
  type        = number
  default     = 30
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# Its own log and nothing else: ping reads no parameter of AWS's unless it is built to.
data "aws_iam_policy_document" "function" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}

resource "aws_iam_role_policy" "function" {
  name   = "log"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

# Before the function: one that Lambda makes by itself keeps its lines for ever.
resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "function" {
  function_name    = var.name
  role             = aws_iam_role.function.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = 256
  # Below the patience of API Gateway, so that a client hears from the function.
  timeout = 28
  publish = true

  environment {
    variables = {
      POWERTOOLS_SERVICE_NAME = var.name
      PING_ALLOWED_HOSTS      = var.allowed_hosts
    }
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

# What API Gateway calls: a version can be put back without touching the API.
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
}

output "url" {
  description = "Where it answers."
  value       = one(concat(aws_api_gateway_stage.rest[*].invoke_url, aws_apigatewayv2_stage.http[*].invoke_url))
}
