resource "aws_lambda_function" "ping" {
  function_name = var.name
  description   = "Fetches the URL that a caller names, and hands back what came."
  role          = aws_iam_role.function.arn
  architectures = [var.architecture]
  memory_size   = var.memory
  timeout       = var.timeout
  # Each change is a version, which the alias can go back to.
  publish = true

  package_type = var.image_uri == null ? "Zip" : "Image"
  image_uri    = var.image_uri
  # Of a custom runtime the handler is only a name.
  runtime          = var.image_uri == null ? "provided.al2023" : null
  handler          = var.image_uri == null ? "bootstrap" : null
  filename         = var.image_uri == null ? var.package : null
  source_code_hash = var.image_uri == null ? filebase64sha256(var.package) : null

  environment {
    variables = merge({
      POWERTOOLS_SERVICE_NAME      = var.name
      POWERTOOLS_LOG_LEVEL         = var.log_level
      PING_ALLOWED_HOSTS_PARAMETER = aws_ssm_parameter.allowed_hosts.name
      }, var.token ? {
      PING_TOKEN_SECRET = aws_secretsmanager_secret.token[0].name
    } : {})
  }

  logging_config {
    log_group = aws_cloudwatch_log_group.function.name
    # The lines are JSON already. `JSON` would bring AWS_LAMBDA_LOG_LEVEL, which wins over the level above,
    # and Lambda would read each line again to filter it.
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    log_format = "Text"
  }

  tracing_config {
    mode = var.xray ? "Active" : "PassThrough"
  }

  # Without it the first invocations could find a role that may not read yet.
  depends_on = [aws_iam_role_policy.function]
}

# What the front end invokes. A deployment moves it at once; going back moves it too, and nothing else.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the front end invokes."
  function_name    = aws_lambda_function.ping.function_name
  function_version = coalesce(var.live_version, aws_lambda_function.ping.version)
}

# Made here, and not by Lambda at the first line: that one would keep its lines for ever.
resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention
}
