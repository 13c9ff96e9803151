"""The registry of CNCF's Distribution on loopback, open, behind a password, or behind tokens.

The law: charts get into it by the real `helm push`, and it ends with its block.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from listening import answering
from plane import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pki import Pair

PASSWORD = "correct-horse-battery"
_HTPASSWD = "robot:$2b$04$evQ1ccTlhpHVmPHVasDgXeEGu3LWaH6Auw2fYgmdkUOZ0Z4DMNMa.\n"
"""That password as bcrypt has it, at its lowest cost."""


@dataclass(frozen=True)
class RegistryHouse:
    """Where it answers."""

    address: str
    folder: Path

    def push(self, archive: Path, helm: Path, path: str = "team", *, tls: bool = False) -> None:
        """Put a packed chart into it, with the password where it asks for one."""
        config = self.folder / "client.json"
        login = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
        config.write_text(json.dumps({"auths": {self.address: {"auth": login}}}))
        words = [
            str(helm),
            "push",
            str(archive),
            f"oci://{self.address}/{path}",
            "--registry-config",
            str(config),
        ]
        words.append("--insecure-skip-tls-verify" if tls else "--plain-http")
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env={"HOME": str(self.folder)}
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def running(
    program: Path, folder: Path, *, locked: bool = False, tls: Pair | None = None, tokens: Pair | None = None
) -> Iterator[RegistryHouse]:
    """A registry: `locked` behind a password, or behind the tokens that this pair signs."""
    folder.mkdir()
    port, token_port = processes.free_ports(2)
    address = f"127.0.0.1:{port}"
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address, "secret": "x"},
    }
    if tls is not None:
        config["http"] = {"addr": address, "tls": {"certificate": str(tls.chain), "key": str(tls.key)}}
    if locked:
        (folder / "htpasswd").write_text(_HTPASSWD)
        config["auth"] = {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}
    if tokens is not None:
        realm = f"http://127.0.0.1:{token_port}/token"
        config["auth"] = {
            "token": {"realm": realm, "service": "reg", "issuer": "us", "rootcertbundle": str(tokens.chain)}
        }
    (folder / "config.json").write_text(json.dumps(config))
    started = processes.start(program, ["serve", str(folder / "config.json")], folder / "log")
    try:
        with _tokens(tokens, token_port):
            processes.wait_until(lambda: _answers(port), "the registry answers", [started], seconds=20)
            yield RegistryHouse(address, folder)
    finally:
        processes.end([started])


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def _tokens(pair: Pair | None, port: int) -> Iterator[None]:
    """A token server for whoever knows the password, as the registries' token specification has it."""
    if pair is None:
        yield
        return
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(pair.chain.read_bytes())
    chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
            if sent != f"robot:{PASSWORD}":
                self.send_response(401)
                self.end_headers()
                return
            kind, name, actions = parse_qs(urlsplit(self.path).query)["scope"][0].split(":")
            now = int(time.time())
            claims = {
                "iss": "us",
                "aud": "reg",
                "sub": "robot",
                "iat": now - 5,
                "nbf": now - 5,
                "exp": now + 300,
                "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
            }
            token = jwt.encode(claims, key, algorithm="ES256", headers={"x5c": chain})  # type: ignore[arg-type]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"token": token}).encode())

        def log_message(self, *_: object) -> None:
            return

    with answering(Handler, port=port):
        yield
