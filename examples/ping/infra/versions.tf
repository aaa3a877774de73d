terraform {
  # Preconditions and `strcontains` are older; a variable's validation that reads another variable is of 1.9.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

# Region, credentials and endpoints come from the environment, as for every tool of AWS.
provider "aws" {
  default_tags {
    tags = { service = var.name }
  }
}
