# The OpenAPI document of the routes, filled in.

locals {
  has_api   = var.front_end != "url"
  committed = var.front_end == "http" ? "openapi-http.yaml" : "openapi.yaml"

  document_path = coalesce(var.openapi, "${path.module}/../${local.committed}")

  # The document says who invokes. One that names no role, as ping's, needs a permission on the function: a
  # single statement, no second role, and none that the deployer has to be allowed to hand on. `$$` is the
  # escape of a text that is no variable.
  invokes_by_role = local.has_api ? can(regex("(^|[^$])[$][{]invoke_role_arn[}]", file(local.document_path))) : false

  document = local.has_api ? templatefile(local.document_path, {
    lambda_arn      = aws_lambda_alias.live.invoke_arn
    invoke_role_arn = one(aws_iam_role.invoke[*].arn)
  }) : ""

  # Every integration's payload format: none in a document for REST APIs, which have one only. Of the template,
  # because a plan does not know the ARNs yet.
  payload_formats = local.has_api ? toset(flatten([
    for path in values(yamldecode(file(local.document_path)).paths) : [
      for operation in values(path) : try(operation["x-amazon-apigateway-integration"].payloadFormatVersion, "none")
      if can(operation["x-amazon-apigateway-integration"])
    ]
  ])) : toset([])
}
