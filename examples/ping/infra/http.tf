# `front_end = "http"`

resource "aws_apigatewayv2_api" "ping" {
  count = var.front_end == "http" ? 1 : 0

  name          = var.name
  protocol_type = "HTTP"
  # Without `fail_on_warnings`: an HTTP API has no models, and AWS does not say whether it warns of schemas.
  body = local.document
  # The import sets both, so every later plan would take them away if they were not said here.
  version     = yamldecode(local.document).info.version
  description = try(yamldecode(local.document).info.description, null)

  lifecycle {
    precondition {
      condition     = !contains(local.payload_formats, "none")
      error_message = "${local.document_path} is no document for HTTP APIs: make one with `ping openapi --target http`, and give its path as `openapi`."
    }
  }
}

resource "aws_apigatewayv2_stage" "ping" {
  count = var.front_end == "http" ? 1 : 0

  api_id = aws_apigatewayv2_api.ping[0].id
  # Without a name of its own in the paths: an HTTP API would send `/prod/ping` as the path of the request.
  name = "$default"
  # A changed route is deployed by API Gateway. A REST API has no such thing (rest.tf).
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}
