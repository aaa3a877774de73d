# API Gateway may invoke `live`: by permission, or by a role if the document asks for one.

locals {
  execution_arn = one(concat(
    aws_api_gateway_rest_api.ping[*].execution_arn,
    aws_apigatewayv2_api.ping[*].execution_arn,
  ))
}

resource "aws_lambda_permission" "api" {
  count = local.has_api && !local.invokes_by_role ? 1 : 0

  statement_id  = "api-gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ping.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  # Any stage and any route of this API and of no other.
  source_arn = "${local.execution_arn}/*/*"
}

data "aws_iam_policy_document" "assumed_by_api" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "invoke" {
  count = local.invokes_by_role ? 1 : 0

  name               = "${var.name}-invoke"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_api.json
}

resource "aws_iam_role_policy" "invoke" {
  count = local.invokes_by_role ? 1 : 0

  name = "invoke-live"
  role = aws_iam_role.invoke[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_alias.live.arn
    }]
  })
}
