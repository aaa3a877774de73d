# `front_end = "url"`

resource "aws_lambda_function_url" "ping" {
  count = var.front_end == "url" ? 1 : 0

  function_name = aws_lambda_function.ping.function_name
  qualifier     = aws_lambda_alias.live.name
  # For signed requests of this account. An open one needs, since October 2025, a permission for
  # lambda:InvokeFunction that holds for calls through the URL only, and the provider can say so from 6.29 on.
  # Without that condition everybody could invoke the function itself.
  # https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
  authorization_type = "AWS_IAM"
}
