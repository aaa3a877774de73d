# `front_end = "rest"`

resource "aws_api_gateway_rest_api" "ping" {
  count = var.front_end == "rest" ? 1 : 0

  name = var.name
  body = local.document
  # A document that API Gateway would only half understand is none.
  fail_on_warnings = true

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    precondition {
      condition     = local.payload_formats == toset(["none"])
      error_message = "${local.document_path} is no document for REST APIs: make it with `ping openapi`."
    }
  }
}

# A deployment is a copy of the API as it was. A stage goes on showing its copy until it is given another, so
# a document that has changed makes another.
resource "aws_api_gateway_deployment" "ping" {
  count = var.front_end == "rest" ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.ping[0].id
  triggers    = { redeployment = sha1(aws_api_gateway_rest_api.ping[0].body) }

  lifecycle {
    # The stage moves to the new one before the old one goes; one that is in use cannot be deleted.
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "ping" {
  count = var.front_end == "rest" ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.ping[0].id
  deployment_id        = aws_api_gateway_deployment.ping[0].id
  stage_name           = var.stage
  xray_tracing_enabled = var.xray
}

resource "aws_api_gateway_method_settings" "ping" {
  count = var.front_end == "rest" ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.ping[0].id
  stage_name  = aws_api_gateway_stage.ping[0].stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}
