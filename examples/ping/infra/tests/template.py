"""Reads the SAM template as CloudFormation would, and lints what comes of it.

    ci/tools.sh cfn-lint
    target/tools/cfn-lint/bin/python3 examples/ping/infra/tests/template.py

Without an account and without network. The template itself is too little to lint: of SAM's own resources
cfn-lint knows the properties' names and hardly their values. So AWS's translator makes CloudFormation's
resources of them first.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml
from cfnlint.decode.cfn_yaml import load
from samtranslator.translator.transform import transform

INFRA = Path(__file__).resolve().parent.parent
TEMPLATE = INFRA / "template.yaml"
COMMITTED = INFRA.parent / "openapi.yaml"
LINT = Path(sys.executable).parent / "cfn-lint"

STAND_IN = """\
openapi: "3.0.3"
info:
  title: ping
  version: "0.1.0"
  description: "Not a variable: $${name}."
paths:
  /ping:
    get:
      responses:
        "200":
          description: OK
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: "${lambda_arn}"
"""


class NoManagedPolicies:
    """In place of a call to AWS: the template names none."""

    def load(self):
        return {}


def included(text=None):
    """The document as `sam-document` makes it."""
    if text is None:
        text = COMMITTED.read_text() if COMMITTED.exists() else STAND_IN
    done = subprocess.run(
        [INFRA / "sam-document"], input=text, capture_output=True, text=True, check=True, timeout=30,
    )
    return yaml.safe_load(done.stdout)


def expanded():
    """CloudFormation's resources, as `sam deploy` would have them made."""
    template = json.loads(json.dumps(load(str(TEMPLATE))))
    resources = template["Resources"]
    # `sam deploy` uploads these two.
    resources["Ping"]["Properties"]["CodeUri"] = "s3://bucket/ping.zip"
    for api in ["RestApi", "HttpApi"]:
        include = resources[api]["Properties"]["DefinitionBody"]["Fn::Transform"]
        assert include == {"Name": "AWS::Include", "Parameters": {"Location": "openapi.sam.yaml"}}, include
        resources[api]["Properties"]["DefinitionBody"] = included()
    return transform(template, {}, NoManagedPolicies())


def lint(path):
    done = subprocess.run([LINT, "--regions", "eu-west-1", "--", path], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


class Template(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
        # The translator tells of features that AWS may turn on in its own deployment of it.
        logging.disable(logging.WARNING)
        cls.template = expanded()
        cls.resources = cls.template["Resources"]

    def properties(self, name):
        return self.resources[name]["Properties"]

    def test_neither_it_nor_what_comes_of_it_has_anything_to_lint(self):
        self.assertEqual(lint(TEMPLATE), (0, ""))
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "expanded.json")
            path.write_text(json.dumps(self.template))
            self.assertEqual(lint(path), (0, ""))

    def test_a_wrong_value_is_found_once_it_is_expanded(self):
        wrong = json.loads(json.dumps(self.template))
        wrong["Resources"]["Ping"]["Properties"]["Runtime"] = "provided.al2099"
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "wrong.json")
            path.write_text(json.dumps(wrong))
            status, told = lint(path)
        self.assertNotEqual(status, 0)
        self.assertIn("provided.al2099", told)

    def test_the_document_is_included_with_the_alias_to_invoke(self):
        invoke = (
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
            "${Ping.Arn}:live/invocations"
        )
        document = included(STAND_IN)
        integration = document["paths"]["/ping"]["get"]["x-amazon-apigateway-integration"]
        self.assertEqual(integration["uri"], {"Fn::Sub": invoke})
        self.assertEqual(document["info"]["description"], "Not a variable: ${name}.")
        for api in ["RestApi", "HttpApi"]:
            for methods in self.properties(api)["Body"]["paths"].values():
                for operation in methods.values():
                    integration = operation["x-amazon-apigateway-integration"]
                    self.assertEqual(integration["uri"], {"Fn::Sub": invoke}, api)

    def test_the_function_may_write_its_log_and_read_its_parameter_and_nothing_else(self):
        role = self.properties("Role")
        self.assertNotIn("ManagedPolicyArns", role)
        policy, = role["Policies"]
        without = {"Ref": "AWS::NoValue"}
        self.assertEqual(policy["PolicyDocument"]["Statement"], [
            {
                "Sid": "Log", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": ["LogGroup", "Arn"]},
            },
            {
                "Sid": "ReadAllowedHosts", "Effect": "Allow", "Action": "ssm:GetParameter",
                "Resource": {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${HostsParameter}"},
            },
            {"Fn::If": ["HasToken", {
                "Sid": "ReadToken", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                "Resource": {"Ref": "TokenSecret"},
            }, without]},
            {"Fn::If": ["HasXRay", {
                "Sid": "Trace", "Effect": "Allow",
                "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": "*",
            }, without]},
        ])
        # SAM makes none of its own.
        roles = [name for name, each in self.resources.items() if each["Type"] == "AWS::IAM::Role"]
        self.assertEqual(roles, ["Role"])

    def test_it_makes_what_terraform_makes(self):
        kinds = sorted(each["Type"] for each in self.resources.values())
        self.assertEqual(kinds, [
            "AWS::ApiGateway::Deployment", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage",
            "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
            "AWS::IAM::Role", "AWS::Lambda::Alias", "AWS::Lambda::Function",
            "AWS::Lambda::Permission", "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::Lambda::Version",
            "AWS::Logs::LogGroup", "AWS::SSM::Parameter", "AWS::SecretsManager::Secret",
        ])
        function = self.properties("Ping")
        self.assertEqual((function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        self.assertEqual(function["LoggingConfig"], {"LogGroup": {"Ref": "LogGroup"}, "LogFormat": "Text"})
        self.assertEqual(
            sorted(function["Environment"]["Variables"]),
            ["PING_ALLOWED_HOSTS_PARAMETER", "PING_TOKEN_SECRET", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"],
        )
        self.assertEqual(self.properties("Url")["AuthType"], "AWS_IAM")
        for permission, api in [("RestApiMayInvoke", "RestApi"), ("HttpApiMayInvoke", "HttpApi")]:
            arn = self.properties(permission)["SourceArn"]["Fn::Sub"]
            self.assertTrue(arn.endswith("${%s}/*/*" % api), arn)


if __name__ == "__main__":
    unittest.main()
