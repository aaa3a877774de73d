"""The calls of one case, made on Powertools for Python: calls.py CASE.

CALLS names the calls, EVENTS has the invocations' events.
"""

import json
import os
import sys

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.buffer import LoggerBufferConfig


def extra(logger, _):
    logger.info("with", order_id=7, paid=True, price=1.5, nothing=None, empty="")
    logger.info("without")


def append(logger, _):
    logger.append_keys(tenant="acme", plan="free")
    logger.info("both")
    logger.append_keys(tenant="other")
    logger.remove_keys(["plan"])
    logger.info("one")
    logger.append_keys(tenant=None)
    logger.info("none")


def correlation(logger, _):
    logger.info("of the event")
    logger.set_correlation_id("mine")
    logger.info("set")


def error(logger, _):
    try:
        int("x")
    except ValueError as problem:
        logger.exception("failed")
        logger.error("given", error=problem)


def nested(logger, _):
    logger.append_keys(basket={"items": [1, None, {"deep": ""}], "none": None})
    logger.info("nested", order={"id": 7, "lines": ["tea", ["x"]], "paid": False})


def characters(logger, _):
    logger.append_keys(**{"schlüssel": "ключ 🙂"})
    logger.info("47業レルし化 grüßt")


def marks(logger, _):
    logger.info('one\ntwo\r\n"three" \\ \t \x00\x1b[31m', key="a\nb")


def levels(logger, _):
    logger.debug("debug")
    logger.info("info")
    logger.warning("warn")
    logger.error("error")


def reserved(logger, _):
    logger.append_keys(level="LOUD", service="other", timestamp="never", location="nowhere")
    logger.info("hello")


def messages(logger, _):
    logger.info("123")
    logger.info("true")
    logger.info('{"x":"isx"}')
    logger.info("null")


def numbers(logger, _):
    logger.info("finite", small=0.1, large=9007199254740991, negative=-7)
    logger.info("infinite", up=float("inf"))
    logger.info("none", nan=float("nan"))


def clear(logger, event):
    if event["adds"]:
        logger.append_keys(step="one")
    logger.info("hello")


def secret(logger, _):
    logger.info("hello", api_key="abc", user={"password": "x", "name": "ann"})


def scope(logger, _):
    logger.append_keys(step="one")
    with logger.append_context_keys(step="two", more="yes"):
        logger.info("inside")
    logger.info("outside")


def buffer(logger, _):
    logger.debug("d1")
    logger.info("i1")
    logger.debug("d2")
    logger.error("e1")


def hello(logger, _):
    logger.info("hello")


class Context:
    function_name = os.environ.get("FUNCTION_NAME")
    memory_limit_in_mb = int(os.environ.get("FUNCTION_MEMORY", "0"))
    invoked_function_arn = os.environ.get("FUNCTION_ARN")

    def __init__(self, number):
        self.aws_request_id = f"request-{number}"
        self.tenant_id = os.environ.get("TENANT")


OPTIONS = {
    "always": {"team": "checkout"},
    "argument": {"service": "argument"},
    "buffer": {"buffer_config": LoggerBufferConfig()},
    "buffer-untraced": {"buffer_config": LoggerBufferConfig()},
}
CORRELATION = {"correlation": "requestContext.requestId"}

case = sys.argv[1]
calls = globals()[os.environ["CALLS"]]
events = json.loads(os.environ["EVENTS"])
logger = Logger(**OPTIONS.get(case, {}))


@logger.inject_lambda_context(correlation_id_path=CORRELATION.get(case), clear_state=True)
def handler(event, _):
    calls(logger, event)


for number, event in enumerate(events):
    handler(event, Context(number))
if not events:
    calls(logger, None)
