"""Users whose credentials are made by a program or an identity provider: the official client's business.

The law: `kubernetes` is imported here and only when such a user is chosen, because its import costs more than
a comparison of a thousand objects.
"""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from syncline.errors import ClusterError, Place
from syncline.kube.tokens import Issued

if TYPE_CHECKING:
    from syncline.kube.kubeconfig import Entry, Selection
    from syncline.kube.login import Shell

T = TypeVar("T")

_TICK = 0.1
"""Seconds between two looks at whether the run was asked to stop."""


def run_exec_plugin(selection: Selection, shell: Shell) -> Mapping[str, Any]:
    """The `status` of the ExecCredential that the user's plugin prints. It may take its time, for it may ask
    a person; only a run that is stopping does not wait for it.

    Raises ClusterError when the plugin is missing, fails, prints something else, or is not waited for.
    """
    from kubernetes.config import ConfigException, exec_provider, kube_config

    node: Any = kube_config.ConfigNode
    user, config = selection.user, _mapping(selection.user, "exec")
    plugin = f'The credential plugin "{config.get("command")}" of user "{user.name}"'
    try:
        provider: Any = exec_provider.ExecProvider(  # type: ignore[no-untyped-call]
            node("exec", dict(config)), str(user.file.parent), node("cluster", dict(selection.cluster.fields))
        )
        # The library takes the whole process environment; ours is the one we were given.
        provider.env = {**shell.environ, **{item["name"]: item["value"] for item in config.get("env") or ()}}
        status: Mapping[str, Any] = _unless_stopped(provider.run, shell.stopping)
    except OSError as error:
        raise ClusterError(
            f"{plugin} cannot be started: {error.strerror}.",
            place=Place(str(user.file)),
            remedy=str(config.get("installHint") or "Install it, or use a token or a certificate."),
        ) from None
    except _StoppedError:
        raise ClusterError(f"{plugin} did not answer before the run was stopped.") from None
    except (ConfigException, KeyError, TypeError) as error:
        raise ClusterError(
            f"{plugin} failed: {error}.",
            place=Place(str(user.file)),
            remedy="Run it by hand to see why; it must print an ExecCredential.",
        ) from None
    return status


class _StoppedError(Exception):
    """Nobody waits any more."""


def _unless_stopped(work: Callable[[], T], stopping: Callable[[], bool]) -> T:
    """What the work answers. Raises _StoppedError, and leaves it to itself, when the run is stopping."""
    # Not by an executor: the interpreter would wait for its threads at the end.
    future: Future[T] = Future()

    def attempt() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=attempt, name="syncline-plugin", daemon=True).start()
    while not wait((future,), timeout=_TICK).done:
        if stopping():
            raise _StoppedError
    return future.result()


def issued_by_plugin(status: Mapping[str, Any]) -> Issued:
    """The token in a plugin's answer; empty when it gives a certificate instead."""
    return Issued(str(status.get("token") or ""), _seconds(status.get("expirationTimestamp")))


def auth_provider(selection: Selection) -> Callable[[], Issued]:
    """Asks the official client for the token of a user with `auth-provider`, refreshed when it has run out.

    What it returns raises ClusterError when there is none.
    """
    user = selection.user
    provider = _verified(_mapping(user, "auth-provider"))
    # Of the cluster nothing is needed, and without a server the library writes no file. It puts a new
    # refresh token, which replaces the old one, into this same content.
    content = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {}}],
        "users": [{"name": "it", "user": {"auth-provider": provider}}],
    }

    def issue() -> Issued:
        from kubernetes.client import Configuration
        from kubernetes.config import kube_config

        configuration = Configuration()
        loader: Any = kube_config.KubeConfigLoader
        try:
            loader(content, config_base_path=str(user.file.parent)).load_and_set(configuration)
        except Exception as error:  # noqa: BLE001 - five libraries deep, each with its own exceptions
            raise _no_token(user, provider, type(error).__name__) from None
        token = str(configuration.api_key.get("BearerToken") or "").removeprefix("Bearer ")
        if not token:
            raise _no_token(user, provider, "it gives no token")
        return Issued(token, _expiry_of_jwt(token))

    return issue


def _verified(provider: Mapping[str, Any]) -> dict[str, Any]:
    # Without a CA the library does not verify the identity provider at all; kubectl uses the system's.
    config = dict(provider.get("config") or {})
    if provider.get("name") == "oidc" and not config.get("idp-certificate-authority-data"):
        config.setdefault("idp-certificate-authority", _system_roots())
    return {**provider, "config": config}


def _system_roots() -> str:
    import certifi

    return ssl.get_default_verify_paths().cafile or certifi.where()


def _no_token(user: Entry, provider: Mapping[str, Any], why: str) -> ClusterError:
    return ClusterError(
        f'The auth-provider "{provider.get("name")}" of user "{user.name}" gave no token ({why}).',
        place=Place(str(user.file)),
        remedy="Log in again with kubectl, or use an exec plugin, a token or a certificate.",
    )


def _mapping(user: Entry, key: str) -> Mapping[str, Any]:
    value = user.fields.get(key)
    if not isinstance(value, Mapping):
        raise ClusterError(f'"{key}" of user "{user.name}" is not a mapping.', place=Place(str(user.file)))
    return value


def _seconds(timestamp: object) -> float | None:
    if not isinstance(timestamp, str):
        return None
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return None


def _expiry_of_jwt(token: str) -> float | None:
    import json

    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(payload["exp"])
    except (ValueError, KeyError, TypeError):
        return None
