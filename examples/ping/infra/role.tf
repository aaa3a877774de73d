# What the function may do: write to its own log group, read its own parameter and its own secret.

data "aws_iam_policy_document" "assumed_by_lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  name               = "${var.name}-function"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_lambda.json
}

# Not AWS's managed policy AWSLambdaBasicExecutionRole, which may write to every log group and make new ones.
data "aws_iam_policy_document" "function" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  statement {
    sid       = "ReadAllowedHosts"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.allowed_hosts.arn]
  }

  dynamic "statement" {
    for_each = aws_secretsmanager_secret.token

    content {
      sid       = "ReadToken"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = var.xray ? ["any"] : []

    content {
      sid     = "Trace"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # The one `*`: these actions know no resource.
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "function" {
  name   = "own-log-parameter-and-secret"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}
