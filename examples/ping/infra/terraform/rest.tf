# A REST API, made of the document that the routes make: `cargo run -p ping -F openapi -- openapi`.

locals {
  is_rest = var.front_end == "rest" ? 1 : 0
  rest_body = templatefile("${path.module}/../../openapi.yaml", {
    lambda_arn = aws_lambda_alias.live.invoke_arn
  })
}

resource "aws_api_gateway_rest_api" "rest" {
  count = local.is_rest
  name  = var.name
  body  = local.rest_body

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

# A deployment is a snapshot: another one whenever the document is another, and the new one before the old
# one goes, because the stage points to it.
resource "aws_api_gateway_deployment" "rest" {
  count       = local.is_rest
  rest_api_id = aws_api_gateway_rest_api.rest[0].id
  triggers    = { body = sha256(local.rest_body) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "rest" {
  count         = local.is_rest
  rest_api_id   = aws_api_gateway_rest_api.rest[0].id
  deployment_id = aws_api_gateway_deployment.rest[0].id
  stage_name    = "live"
}

# Of any stage, and the console's test.
resource "aws_lambda_permission" "rest" {
  count         = local.is_rest
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.rest[0].execution_arn}/*"
}
