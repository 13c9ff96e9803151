"""Who may talk to a plane.

The law: every program and every kind of user has a name of its own, so that the audit log tells them apart.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Identity = Literal["admin", "reader", "bound"]
"""admin: all rights.  reader: get, list and watch, except Secrets.  bound: all rights where it was bound."""
IDENTITIES: tuple[Identity, ...] = get_args(Identity)
OBSERVER = "observer"
"""The tests' own hand on the plane, counted apart from every identity under test."""
COMPONENTS = ("kube-controller-manager", "kube-scheduler", "kwok")
_MASTERS = ("admin", OBSERVER, *COMPONENTS)


@dataclass(frozen=True, slots=True)
class Identities:
    tokens: Mapping[str, str] = field(repr=False)

    def write_token_file(self, path: Path) -> None:
        """The format of kube-apiserver's --token-auth-file: token,user,uid,"group"."""
        rows = [
            ",".join([token, name, f"uid-{name}", *(['"system:masters"'] if name in _MASTERS else [])])
            for name, token in self.tokens.items()
        ]
        path.write_text("".join(f"{row}\n" for row in rows))
        path.chmod(0o600)

    def write_kubeconfig(self, name: str, path: Path, *, server: str, certificate: bytes) -> None:
        """One context, named like the identity.  JSON is YAML enough for every client."""
        cluster = {"server": server, "certificate-authority-data": base64.b64encode(certificate).decode()}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": self.tokens[name]}}],
            "contexts": [{"name": name, "context": {"cluster": "plane", "user": name}}],
            "current-context": name,
        }
        path.write_text(json.dumps(document, indent=2))
        path.chmod(0o600)


def invent_identities() -> Identities:
    return Identities({name: secrets.token_hex(16) for name in (*IDENTITIES, OBSERVER, *COMPONENTS)})


def write_service_account_keys(private: Path, public: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = serialization.Encoding.PEM
    private.write_bytes(
        key.private_bytes(
            encoding, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    private.chmod(0o600)
    public.write_bytes(
        key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
