"""A generator's plugin over real HTTP: what is sent, and every way in which an answer can be none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from listening import answering
from syncline.appsets import ask_plugin
from syncline.config.appset.questions import PluginOutput, Refusal
from syncline.config.settings import PluginAccess

Serve = Callable[[int, bytes], str]
SEEN: list[tuple[str, str | None, Any]] = []


@pytest.fixture
def serve() -> Iterator[Serve]:
    SEEN.clear()
    servers = ExitStack()

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                SEEN.append((self.path, self.headers["Authorization"], json.loads(self.rfile.read(length))))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Nobody reads the test's standard error."""

        return servers.enter_context(answering(Handler))

    with servers:
        yield start


def asked(url: str, token: str = "") -> Any:
    return ask_plugin(PluginOutput("p", '{"applicationSetName": "s"}'), PluginAccess(url, timeout=5), token)


def test_the_input_is_posted_with_the_token_and_the_parameters_come_back(serve: Serve) -> None:
    url = serve(200, b'{"output": {"parameters": [{"a": 1}, {"b": {"c": "d"}}]}}')

    assert asked(url, "s3cr3t") == [{"a": 1}, {"b": {"c": "d"}}]
    assert SEEN == [("/api/v1/getparams.execute", "Bearer s3cr3t", {"applicationSetName": "s"})]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"", "it answers 500"),
        (302, b"", "it answers 302"),
        (200, b"<html>", "its answer is no JSON"),
        (200, b"[" * 100_000, "its answer is no JSON"),
        (200, b'{"output": {}}', "its answer has no list of mappings under output.parameters"),
        (
            200,
            b'{"output": {"parameters": ["a"]}}',
            "its answer has no list of mappings under output.parameters",
        ),
        (200, b"[]", "its answer has no list of mappings under output.parameters"),
        (200, b" " * (4 * 1024 * 1024 + 1), "its answer is longer than 4 MiB"),
    ],
)
def test_an_answer_that_is_none_is_a_refusal_without_the_token(
    serve: Serve, status: int, body: bytes, why: str
) -> None:
    found = asked(serve(status, body), "s3cr3t")

    assert found == Refusal(f"the plugin p gave no parameters: {why}; see plugins: in syncline.yaml.")
    assert "s3cr3t" not in str(found)


def test_a_plugin_that_is_not_there_is_a_refusal() -> None:
    found = asked("http://127.0.0.1:9")
    assert isinstance(found, Refusal)
    assert "it cannot be reached" in found.message
