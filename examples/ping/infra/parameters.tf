# What ping reads while it lives. A changed value needs no deployment: it is 5 s old at most.

resource "aws_ssm_parameter" "allowed_hosts" {
  name        = "/${var.name}/allowed-hosts"
  description = "Hosts that may be fetched."
  type        = "String"
  value       = var.allowed_hosts
}

resource "aws_secretsmanager_secret" "token" {
  count = var.token ? 1 : 0

  name        = "${var.name}/token"
  description = "Sent within the user agent to the host that the caller names."
  # So that `destroy` and `apply` can follow each other; a secret that is not yet gone keeps its name.
  recovery_window_in_days = 0
}
