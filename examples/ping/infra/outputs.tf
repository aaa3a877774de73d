output "url" {
  description = "What the routes are below: `curl $(terraform output -raw url)/ping`."
  value = trimsuffix(one(concat(
    aws_api_gateway_stage.ping[*].invoke_url,
    aws_apigatewayv2_stage.ping[*].invoke_url,
    aws_lambda_function_url.ping[*].function_url,
  )), "/")
}

output "function" {
  description = "What a direct invocation names."
  value       = aws_lambda_alias.live.arn
}

output "version" {
  description = "The version that is live."
  value       = aws_lambda_alias.live.function_version
}

output "deployment" {
  description = "The REST API's deployment, another one for each change of its document."
  value       = one(aws_api_gateway_deployment.ping[*].id)
}

output "log_group" {
  description = "Where the log lines are."
  value       = aws_cloudwatch_log_group.function.name
}
