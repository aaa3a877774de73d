# What moto does not keep, so that a second plan would find it missing.

resource "aws_lambda_function" "ping" {
  lifecycle {
    ignore_changes = [logging_config, image_config]
  }
}
