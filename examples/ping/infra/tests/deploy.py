"""Deploys ping's infrastructure to moto, changes it, and takes it down again.

    ci/tools.sh moto terraform
    ci/moto target/tools/moto/bin/python3 examples/ping/infra/tests/deploy.py

Terraform and AWS's provider are the real ones. TF_PLUGIN_MIRROR names a directory with the provider, as
`terraform providers mirror` writes it; without it one near the root is taken, or else Terraform asks its
registry.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.request
import zipfile
from pathlib import Path

import boto3
import yaml

INFRA = Path(__file__).resolve().parent.parent
DOCUMENTS = {"rest": INFRA.parent / "openapi.yaml", "http": INFRA.parent / "openapi-http.yaml"}
ACCOUNT, REGION = "123456789012", "eu-west-1"
LIVE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ping:live"
INVOKE = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{LIVE}/invocations"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/ping"

ENVIRONMENT = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
# Terraform complains of a file that is named and is not there before whatever else it says.
if not Path(os.environ.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
    ENVIRONMENT["TF_CLI_CONFIG_FILE"] = os.devnull


def mirror():
    """The directory of a provider that need not be downloaded, if there is one."""
    if named := os.environ.get("TF_PLUGIN_MIRROR"):
        return named
    found = subprocess.run(
        ["find", "/", "-xdev", "-maxdepth", "3", "-type", "d", "-name", "registry.terraform.io"],
        capture_output=True, text=True,
    ).stdout.splitlines()
    return str(Path(found[0]).parent) if found else None


def document(front_end="rest", role=False, extra=()):
    """The committed document for a front end, with more paths or a role."""
    content = yaml.safe_load(DOCUMENTS[front_end].read_text())
    pings = content["paths"]["/ping"]["get"]
    for path in extra:
        content["paths"][path] = {"get": {**pings, "operationId": path.strip("/")}}
    if role:
        for methods in content["paths"].values():
            for described in methods.values():
                described["x-amazon-apigateway-integration"]["credentials"] = "${invoke_role_arn}"
    return yaml.safe_dump(content)


class Deployment(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        # A copy, so that neither state nor provider is left in the repository.
        cls.directory = Path(temporary.name, "ping", "infra")
        cls.directory.mkdir(parents=True)
        for file in INFRA.glob("*.tf"):
            shutil.copy(file, cls.directory)
        arguments = ["init", "-input=false", "-no-color"]
        if found := mirror():
            arguments.append(f"-plugin-dir={found}")
        init = cls.terraform(*arguments)
        if init.returncode:
            raise SystemExit(
                f"{init.stdout}{init.stderr}\n`terraform init` failed. If it is that AWS's provider cannot be "
                "downloaded, set TF_PLUGIN_MIRROR to a directory that `terraform providers mirror` has filled"
            )

    def setUp(self):
        # Whatever an earlier test left.
        reset = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/moto-api/reset", method="POST")
        urllib.request.urlopen(reset, timeout=30).close()
        for file in self.directory.glob("terraform.tfstate*"):
            file.unlink()
        shutil.copy(INFRA / "tests" / "moto_override.tf", self.directory)
        for front_end, committed in DOCUMENTS.items():
            self.describe(committed.read_text(), front_end)
        self.compile("1")

    @classmethod
    def terraform(cls, *arguments):
        return subprocess.run(
            ["terraform", *arguments], cwd=cls.directory, env=ENVIRONMENT,
            capture_output=True, text=True, timeout=300,
        )

    def run_terraform(self, command, *options, expect=0, **variables):
        arguments = ["-no-color", "-input=false", *options, "-var=package=bootstrap.zip"]
        arguments += [f"-var={name}={value}" for name, value in variables.items()]
        done = self.terraform(command, *arguments)
        self.assertEqual(done.returncode, expect, f"terraform {command}:\n{done.stdout[-4000:]}\n{done.stderr}")
        # Errors come wrapped, behind a bar.
        return " ".join((done.stdout + done.stderr).replace("│", " ").split())

    def apply(self, **variables):
        self.run_terraform("apply", "-auto-approve", **variables)
        shown = json.loads(self.terraform("output", "-json").stdout)
        return {name: output["value"] for name, output in shown.items()}

    def assert_settled(self, **variables):
        # 2 would be a difference.
        self.run_terraform("plan", "-detailed-exitcode", expect=0, **variables)

    def assert_destroyed(self, **variables):
        self.run_terraform("destroy", "-auto-approve", **variables)
        left = {
            "functions": client("lambda").list_functions()["Functions"],
            "REST APIs": client("apigateway").get_rest_apis()["items"],
            "HTTP APIs": client("apigatewayv2").get_apis()["Items"],
            "log groups": client("logs").describe_log_groups()["logGroups"],
            "roles": client("iam").list_roles()["Roles"],
            "parameters": client("ssm").describe_parameters()["Parameters"],
            "secrets": client("secretsmanager").list_secrets()["SecretList"],
        }
        self.assertEqual({name: what for name, what in left.items() if what}, {})

    def planned(self, **variables):
        self.run_terraform("plan", "-out=plan", **variables)
        plan = json.loads(self.terraform("show", "-json", "plan").stdout)
        return {each["address"]: each["change"] for each in plan["resource_changes"]}

    def describe(self, text, front_end="rest"):
        (self.directory.parent / DOCUMENTS[front_end].name).write_text(text)

    def compile(self, text):
        with zipfile.ZipFile(self.directory / "bootstrap.zip", "w") as package:
            package.writestr(zipfile.ZipInfo("bootstrap"), text)

    # Bad input first.

    def test_every_wrong_variable_is_told_of(self):
        wrong = {
            "name": "my function", "front_end": "alb", "stage": "a/b", "throttle": "{rate=0,burst=1}",
            "image_uri": "nginx:latest", "architecture": "arm", "memory": 127,
            "live_version": "newest", "log_level": "info", "log_retention": 2, "allowed_hosts": " ",
        }
        told = self.run_terraform("plan", expect=1, **wrong)
        for message in [
            "`name` has 1 to 48 letters", "`front_end` is `rest`, `http` or `url`", "`stage` has 1 to 128",
            "`throttle` lets nothing through", "`image_uri` is of ECR", "`architecture` is `arm64` or `x86_64`",
            "`memory` is a whole number of MB",
            "`live_version` is the number", "`log_level` is TRACE", "`log_retention` is 1, 3",
            "`allowed_hosts` is empty",
        ]:
            self.assertIn(message, told)

    def test_no_function_may_outlast_the_front_end_that_waits_for_it(self):
        for front_end, timeout in [("rest", 30), ("http", 31)]:
            told = self.run_terraform("plan", expect=1, front_end=front_end, timeout=timeout)
            self.assertIn("`timeout` is to be within that", told, front_end)
        told = self.run_terraform("plan", expect=1, front_end="url", timeout=901)
        self.assertIn("`timeout` is a whole number of seconds, 1 to 900", told)

    def test_a_document_for_the_other_kind_of_api_is_refused(self):
        told = self.run_terraform("plan", expect=1, front_end="http", openapi="../openapi.yaml")
        self.assertIn("is no document for HTTP APIs: make one with `ping openapi --target http`", told)
        told = self.run_terraform("plan", expect=1, front_end="rest", openapi="../openapi-http.yaml")
        self.assertIn("is no document for REST APIs", told)

    # Then what it is for.

    def test_the_files_are_valid(self):
        # Of a resource that a file overrides, Terraform lets any argument pass.
        (self.directory / "moto_override.tf").unlink()
        done = self.terraform("validate", "-json")
        self.assertEqual(json.loads(done.stdout)["diagnostics"], [])

    def test_a_rest_api_is_deployed_and_deployed_anew_when_a_route_changes(self):
        output = self.apply()
        api, = client("apigateway").get_rest_apis()["items"]
        self.assertEqual(output["url"], f"https://{api['id']}.execute-api.{REGION}.amazonaws.com/prod")
        self.assertEqual(rest_routes(api["id"]), {("POST", "/check"): INVOKE, ("GET", "/ping"): INVOKE})
        self.assertEqual(resource_policy(), [{
            "Sid": "api-gateway", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": LIVE,
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['id']}/*/*"}},
        }])
        stage = client("apigateway").get_stage(restApiId=api["id"], stageName="prod")
        self.assertEqual(stage["deploymentId"], output["deployment"])
        throttled = stage["methodSettings"]["*/*"]
        self.assertEqual((throttled["throttlingRateLimit"], throttled["throttlingBurstLimit"]), (50, 100))
        self.assert_settled()

        self.describe(document(extra=["/orders"]))
        # AWS refuses to delete a deployment that a stage is at; moto would not mind.
        change = self.planned()["aws_api_gateway_deployment.ping[0]"]
        self.assertEqual(change["actions"], ["create", "delete"])
        changed = self.apply()
        self.assertNotEqual(changed["deployment"], output["deployment"])
        self.assertEqual(changed["url"], output["url"])
        self.assertIn(("GET", "/orders"), rest_routes(api["id"]))
        stage = client("apigateway").get_stage(restApiId=api["id"], stageName="prod")
        self.assertEqual(stage["deploymentId"], changed["deployment"])
        deployments = client("apigateway").get_deployments(restApiId=api["id"])["items"]
        self.assertEqual([deployment["id"] for deployment in deployments], [changed["deployment"]])
        self.assert_settled()
        self.assert_destroyed()

    def test_a_new_binary_is_a_version_that_can_be_gone_back_from(self):
        first = self.apply()
        self.assertEqual((first["version"], alias()), ("1", "1"))
        self.compile("2")
        second = self.apply()
        self.assertEqual((second["version"], alias()), ("2", "2"))
        # The API invokes the alias, so it stays as it is.
        self.assertEqual(second["deployment"], first["deployment"])

        back = self.apply(live_version=1)
        self.assertEqual((back["version"], alias()), ("1", "1"))
        self.assert_settled(live_version=1)
        self.assertEqual(self.apply()["version"], "2")

    def test_an_http_api_has_the_routes_of_its_document(self):
        output = self.apply(front_end="http")
        api, = client("apigatewayv2").get_apis()["Items"]
        self.assertEqual(output["url"], f"https://{api['ApiId']}.execute-api.{REGION}.amazonaws.com")
        self.assertNotIn("deployment", output)
        self.assertEqual(http_routes(api["ApiId"]), {"GET /ping": INVOKE, "POST /check": INVOKE})
        stage, = client("apigatewayv2").get_stages(ApiId=api["ApiId"])["Items"]
        self.assertEqual((stage["StageName"], stage["AutoDeploy"]), ("$default", True))
        throttled = stage["DefaultRouteSettings"]
        self.assertEqual((throttled["ThrottlingRateLimit"], throttled["ThrottlingBurstLimit"]), (50, 100))
        self.assertEqual(
            resource_policy()[0]["Condition"]["ArnLike"]["AWS:SourceArn"],
            f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['ApiId']}/*/*",
        )
        self.assert_settled(front_end="http")

        self.describe(document("http", extra=["/orders"]), "http")
        self.apply(front_end="http")
        self.assertEqual(http_routes(api["ApiId"])["GET /orders"], INVOKE)
        # moto forgets the stages of an API that is imported again, so a second apply has to make it anew.
        self.apply(front_end="http")
        self.assert_settled(front_end="http")
        self.assert_destroyed(front_end="http")

    def test_a_function_url_takes_signed_requests_of_the_alias_only(self):
        self.apply(front_end="url")
        url = client("lambda").get_function_url_config(FunctionName="ping", Qualifier="live")
        self.assertEqual(url["AuthType"], "AWS_IAM")
        self.assertEqual(resource_policy(), [])
        self.assert_settled(front_end="url")
        self.assert_destroyed(front_end="url")

    def test_a_document_that_names_a_role_gets_one_and_no_permission(self):
        self.describe(document(role=True))
        self.apply()
        self.assertEqual(resource_policy(), [])
        self.assertEqual(role_policy("ping-invoke", "invoke-live"), [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": LIVE},
        ])
        api, = client("apigateway").get_rest_apis()["items"]
        for method in rest_methods(api["id"]).values():
            integration = method["methodIntegration"]
            self.assertEqual(integration["credentials"], f"arn:aws:iam::{ACCOUNT}:role/ping-invoke")
        self.assert_settled()
        self.assert_destroyed()

    def test_the_function_may_write_its_log_and_read_its_parameter_and_nothing_else(self):
        self.apply()
        log = {
            "Sid": "Log", "Effect": "Allow",
            "Action": ["logs:PutLogEvents", "logs:CreateLogStream"], "Resource": f"{LOGS}:*",
        }
        hosts = {
            "Sid": "ReadAllowedHosts", "Effect": "Allow", "Action": "ssm:GetParameter",
            "Resource": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/ping/allowed-hosts",
        }
        self.assertEqual(role_policy(), [log, hosts])
        self.assertEqual(attached_policies(), [])

        self.apply(token="true", xray="true")
        secret = client("secretsmanager").describe_secret(SecretId="ping/token")
        self.assertEqual(role_policy(), [log, hosts, {
            "Sid": "ReadToken", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
            "Resource": secret["ARN"],
        }, {
            "Sid": "Trace", "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*",
        }])

    def test_the_function_is_what_the_variables_say(self):
        self.apply(
            architecture="x86_64", memory=512, timeout=20, log_level="DEBUG", log_retention=7, token="true",
            xray="true", allowed_hosts="*.example.org",
        )
        function = client("lambda").get_function_configuration(FunctionName="ping", Qualifier="live")
        self.assertEqual(
            {name: function[name] for name in
             ["Runtime", "Handler", "Architectures", "MemorySize", "Timeout", "Environment"]},
            {
                "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["x86_64"],
                "MemorySize": 512, "Timeout": 20,
                "Environment": {"Variables": {
                    "POWERTOOLS_SERVICE_NAME": "ping", "POWERTOOLS_LOG_LEVEL": "DEBUG",
                    "PING_ALLOWED_HOSTS_PARAMETER": "/ping/allowed-hosts", "PING_TOKEN_SECRET": "ping/token",
                }},
            },
        )
        self.assertEqual(function["TracingConfig"], {"Mode": "Active"})
        group, = client("logs").describe_log_groups()["logGroups"]
        self.assertEqual((group["logGroupName"], group["retentionInDays"]), ("/aws/lambda/ping", 7))
        hosts = client("ssm").get_parameter(Name="/ping/allowed-hosts")["Parameter"]
        self.assertEqual((hosts["Type"], hosts["Value"]), ("String", "*.example.org"))
        # The value is nobody's but the operator's.
        secret = client("secretsmanager").describe_secret(SecretId="ping/token")
        self.assertEqual(secret.get("VersionIdsToStages", {}), {})

    def test_what_moto_does_not_keep_is_in_the_plan(self):
        planned = self.planned()
        function = planned["aws_lambda_function.ping"]["after"]
        logging, = function["logging_config"]
        self.assertEqual(
            (logging["log_format"], logging["log_group"], function["tracing_config"]),
            ("Text", "/aws/lambda/ping", [{"mode": "PassThrough"}]),
        )
        self.assertIs(planned["aws_api_gateway_rest_api.ping[0]"]["after"]["fail_on_warnings"], True)

    def test_an_image_takes_the_place_of_the_zip(self):
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/ping:1"
        self.apply(image_uri=image)
        function = client("lambda").get_function(FunctionName="ping")
        self.assertEqual(function["Configuration"]["PackageType"], "Image")
        self.assertEqual(function["Code"]["ImageUri"], image)
        self.assert_settled(image_uri=image)


class Files(unittest.TestCase):
    def test_they_are_formatted(self):
        done = subprocess.run(
            ["terraform", "fmt", "-check", "-diff", "-recursive", "-no-color", str(INFRA)],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


def client(service):
    return boto3.client(service)


def rest_methods(api):
    resources = client("apigateway").get_resources(restApiId=api, embed=["methods"])["items"]
    return {
        (method, resource["path"]): described
        for resource in resources
        for method, described in resource.get("resourceMethods", {}).items()
    }


def rest_routes(api):
    return {route: method["methodIntegration"]["uri"] for route, method in rest_methods(api).items()}


def http_routes(api):
    routes = client("apigatewayv2").get_routes(ApiId=api)["Items"]
    integrations = client("apigatewayv2").get_integrations(ApiId=api)["Items"]
    uris = {f"integrations/{each['IntegrationId']}": each for each in integrations}
    for integration in integrations:
        assert integration["PayloadFormatVersion"] == "2.0", integration
    return {route["RouteKey"]: uris[route["Target"]]["IntegrationUri"] for route in routes}


def resource_policy():
    try:
        policy = client("lambda").get_policy(FunctionName="ping", Qualifier="live")["Policy"]
    except client("lambda").exceptions.ResourceNotFoundException:
        return []
    return json.loads(policy)["Statement"]


def role_policy(role="ping-function", policy="own-log-parameter-and-secret"):
    found = client("iam").get_role_policy(RoleName=role, PolicyName=policy)
    return found["PolicyDocument"]["Statement"]


def attached_policies():
    return client("iam").list_attached_role_policies(RoleName="ping-function")["AttachedPolicies"]


def alias():
    return client("lambda").get_alias(FunctionName="ping", Name="live")["FunctionVersion"]


if __name__ == "__main__":
    unittest.main()
