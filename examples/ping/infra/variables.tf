variable "name" {
  description = "Names the function, and with it the role, the log group, the parameter, the secret and the API."
  type        = string
  default     = "ping"

  validation {
    # Shorter than Lambda's 64 characters, because a role's name is this one with a suffix.
    condition     = can(regex("^[A-Za-z0-9_-]{1,48}$", var.name))
    error_message = "`name` has 1 to 48 letters, digits, `-` and `_`."
  }
}

variable "front_end" {
  description = "Who takes the requests: `rest` (a REST API), `http` (an HTTP API) or `url` (a function URL)."
  type        = string
  default     = "rest"

  validation {
    condition     = contains(["rest", "http", "url"], var.front_end)
    error_message = "`front_end` is `rest`, `http` or `url`."
  }
}

variable "openapi" {
  description = "The document of the routes: `ping openapi`, for HTTP APIs `ping openapi --target http`. Unless set, the committed one for this front end."
  type        = string
  default     = null
}

variable "stage" {
  description = "The stage of a REST API. An HTTP API has `$default`, which is no part of its paths."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage))
    error_message = "`stage` has 1 to 128 letters, digits, `-` and `_`."
  }
}

variable "throttle" {
  description = "Requests a second, and at once, that the API takes before it answers 429. A function URL has no such thing."
  type        = object({ rate = number, burst = number })
  default     = { rate = 50, burst = 100 }

  validation {
    condition     = var.throttle.rate > 0 && var.throttle.burst > 0
    error_message = "`throttle` lets nothing through: its `rate` and `burst` are above 0."
  }
}

variable "package" {
  description = "The zip with `bootstrap` in it, as `cargo lambda build --output-format zip` leaves it."
  type        = string
  default     = "../../../target/lambda/ping/bootstrap.zip"
}

variable "image_uri" {
  description = "An image in ECR, by tag or digest, that takes the place of `package`."
  type        = string
  default     = null

  validation {
    condition     = var.image_uri == null || can(regex("[.]dkr[.]ecr[.].+/.+[:@].+$", var.image_uri))
    error_message = "`image_uri` is of ECR and ends in a tag or a digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/ping:TAG."
  }
}

variable "architecture" {
  description = "What `package` or the image was built for: `arm64` or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "`architecture` is `arm64` or `x86_64`."
  }
}

variable "memory" {
  description = "MB of memory, and a share of the processors with it."
  type        = number
  default     = 256

  validation {
    condition     = var.memory >= 128 && var.memory <= 10240 && floor(var.memory) == var.memory
    error_message = "`memory` is a whole number of MB, 128 to 10240."
  }
}

variable "timeout" {
  description = "Seconds an invocation may take. ping itself gives up a fetch after 5."
  type        = number
  default     = 10

  validation {
    condition     = var.timeout >= 1 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "`timeout` is a whole number of seconds, 1 to 900."
  }

  validation {
    # Nobody is there to read a later answer. The quota of REST APIs can be raised, that of HTTP APIs cannot.
    condition     = var.timeout <= lookup({ rest = 29, http = 30 }, var.front_end, 900)
    error_message = "A REST API waits 29 s for the function and an HTTP API 30 s: `timeout` is to be within that."
  }
}

variable "live_version" {
  description = "The version that the alias `live` is at, to go back to an earlier one; the newest unless set."
  type        = string
  default     = null

  validation {
    condition     = var.live_version == null || can(regex("^[1-9][0-9]*$", var.live_version))
    error_message = "`live_version` is the number of a published version."
  }
}

variable "log_level" {
  description = "The least level that is logged (POWERTOOLS_LOG_LEVEL)."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "`log_level` is TRACE, DEBUG, INFO, WARN or ERROR."
  }
}

variable "log_retention" {
  description = "Days that log lines are kept."
  type        = number
  default     = 30

  validation {
    # The numbers of CloudWatch Logs, without those above a year.
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention)
    error_message = "`log_retention` is 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days."
  }
}

variable "xray" {
  description = "Whether requests are traced by X-Ray."
  type        = bool
  default     = false
}

variable "allowed_hosts" {
  description = "Hosts that may be fetched, such as `example.com, *.example.org`; `*` is any of the internet."
  type        = string
  default     = "example.com"

  validation {
    condition     = trimspace(var.allowed_hosts) != ""
    error_message = "`allowed_hosts` is empty; to let nothing be fetched, name a host that is nobody's, such as `none.invalid`."
  }
}

variable "token" {
  description = "Whether there is a secret for the token that fetches carry. Its value is put there by hand, since Terraform would keep it in its state."
  type        = bool
  default     = false
}
