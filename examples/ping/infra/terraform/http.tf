# An HTTP API, made of the same routes: `cargo run -p ping -F openapi -- openapi --target http`.

locals {
  is_http = var.front_end == "http" ? 1 : 0
  http_body = templatefile("${path.module}/../../openapi-http.yaml", {
    lambda_arn = aws_lambda_alias.live.arn
  })
  http_info = yamldecode(local.http_body).info
}

resource "aws_apigatewayv2_api" "http" {
  count         = local.is_http
  name          = var.name
  protocol_type = "HTTP"
  body          = local.http_body
  # The import sets these two; without them the next plan would take them away.
  description = local.http_info.description
  version     = local.http_info.version
}

# It deploys itself.
resource "aws_apigatewayv2_stage" "http" {
  count       = local.is_http
  api_id      = aws_apigatewayv2_api.http[0].id
  name        = "$default"
  auto_deploy = true
}

resource "aws_lambda_permission" "http" {
  count         = local.is_http
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.http[0].execution_arn}/*"
}
