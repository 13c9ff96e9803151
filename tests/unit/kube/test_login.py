"""From configuration to credentials; what is missing is told, and no secret is."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from syncline.config.settings import ClusterAccess
from syncline.errors import ClusterError
from syncline.kube.login import Credentials, Shell, log_in, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nk3y\n-----END PRIVATE KEY-----\n"
SERVER = "https://192.0.2.1:6443"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def log_in_as(
    folder: Path,
    user: Mapping[str, Any],
    *,
    cluster: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Credentials:
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": {"server": SERVER} | dict(cluster or {})}],
        "users": [{"name": "me", "user": user}],
    }
    path = folder / "config"
    path.write_text(json.dumps(config))
    given = {"KUBECONFIG": str(path)} | dict(environ or {})
    return log_in(ClusterAccess("prod"), Shell(given, stopping), home=folder)


def test_a_token_is_taken_from_the_user(tmp_path: Path) -> None:
    credentials = log_in_as(tmp_path, {"token": "s3cret"})

    assert (credentials.name, credentials.server) == ("prod", SERVER)
    assert credentials.tokens.token() == "s3cret"
    assert "s3cret" not in repr(credentials)


def test_a_token_file_is_relative_to_its_kubeconfig_precedes_a_token_and_is_read_every_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("one\n")
    tokens = log_in_as(tmp_path, {"tokenFile": "token", "token": "other"}).tokens

    assert tokens.token() == "one"
    assert tokens.renewed("one") == ""
    (tmp_path / "token").write_text("two\n")
    assert tokens.token() == tokens.renewed("one") == "two"


def test_a_missing_token_file_is_told(tmp_path: Path) -> None:
    tokens = log_in_as(tmp_path, {"tokenFile": "gone"}).tokens

    with pytest.raises(
        ClusterError, match=r"The token file .*gone cannot be read: No such file or directory\."
    ):
        tokens.token()


def test_certificates_come_from_files_and_from_inline_data(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_text(PEM)
    (tmp_path / "tls.key").write_text(KEY)
    by_file = log_in_as(
        tmp_path,
        {"client-certificate": "tls.crt", "client-key": "tls.key"},
        cluster={"certificate-authority": "tls.crt"},
    )
    inline = log_in_as(
        tmp_path,
        {"client-certificate-data": encoded(PEM), "client-key-data": encoded(KEY)},
        cluster={"certificate-authority-data": encoded(PEM)},
    )

    for credentials in (by_file, inline):
        assert credentials.certificate is not None
        assert (credentials.certificate.chain, credentials.certificate.key, credentials.ca) == (PEM, KEY, PEM)
        assert "k3y" not in repr(credentials)


def test_inline_data_wins_over_a_file(tmp_path: Path) -> None:
    cluster = {"certificate-authority-data": encoded(PEM), "certificate-authority": "missing.crt"}

    assert log_in_as(tmp_path, {}, cluster=cluster).ca == PEM


def test_the_other_fields_of_a_cluster_are_kept(tmp_path: Path) -> None:
    cluster = {
        "tls-server-name": "api.internal",
        "proxy-url": "http://proxy.example:3128",
        "insecure-skip-tls-verify": True,
    }

    credentials = log_in_as(tmp_path, {}, cluster=cluster)

    assert credentials.tls_server_name == "api.internal"
    assert credentials.proxy == "http://proxy.example:3128"
    assert credentials.insecure


@pytest.mark.parametrize(
    ("user", "cluster", "message"),
    [
        (
            {"username": "me", "password": "s3cret"},
            {},
            'User "me" logs in by password, which Kubernetes no longer',
        ),
        ({"client-certificate-data": encoded(PEM)}, {}, "client certificate without key"),
        ({"client-key-data": encoded("s3cret")}, {}, "key without certificate"),
        ({"client-key-data": "s3cret!"}, {}, 'client-key-data of "me" is not base64'),
        ({"client-certificate": "gone.crt"}, {}, r"gone\.crt cannot be read: No such file"),
        ({}, {"server": "192.0.2.1:6443"}, 'The server of cluster "prod" is not a URL: "192.0.2.1:6443"'),
        ({}, {"server": ""}, 'The server of cluster "prod" is not a URL: ""'),
        ({"token": "s3cret"}, {"server": "http://192.0.2.1"}, "would get its token over plain http"),
        ({}, {"proxy-url": "socks5://proxy.example"}, "Only http:// and https:// proxies"),
    ],
)
def test_what_cannot_work_is_told_with_the_file(
    user: Mapping[str, Any], cluster: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ClusterError, match=message) as caught:
        log_in_as(tmp_path, user, cluster=cluster)

    assert str(caught.value.place) == str(tmp_path / "config")
    assert caught.value.remedy
    assert "s3cret" not in str(caught.value)


def test_a_server_with_a_token_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(PEM)
    by_file = ClusterAccess("prod", server=f"{SERVER}/", ca_file="ca.crt", token_env="PROD_TOKEN")
    by_data = ClusterAccess("prod", server=SERVER, ca_data=encoded(PEM), token_env="PROD_TOKEN")

    for access in (by_file, by_data):
        credentials = log_in(access, Shell({"PROD_TOKEN": "s3cret\n"}), home=tmp_path, root=tmp_path)
        assert (credentials.server, credentials.ca) == (SERVER, PEM)
        assert credentials.tokens.token() == "s3cret"


@pytest.mark.parametrize(
    ("access", "message", "remedy"),
    [
        (
            ClusterAccess("prod", server=SERVER, token_env="PROD_TOKEN"),
            'PROD_TOKEN with the token of cluster "prod" is not set.',
            "Set it from a secret of the workflow.",
        ),
        (
            ClusterAccess("prod", server=SERVER),
            'Cluster "prod" has a server but no token_env.',
            "Name the environment variable that holds the token.",
        ),
    ],
)
def test_a_missing_token_is_told(access: ClusterAccess, message: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        log_in(access, Shell({"PROD_TOKEN": " "}), home=tmp_path)

    assert (caught.value.message, caught.value.remedy) == (message, remedy)


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.0.0.1,192.0.2.1"}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, "http://proxy:3128"),
    ],
)
def test_the_environments_proxy_is_used_unless_excepted(
    environ: Mapping[str, str], proxy: str, tmp_path: Path
) -> None:
    assert log_in_as(tmp_path, {}, environ=environ).proxy == proxy


@pytest.mark.parametrize("part", ["ca", "certificate"])
def test_a_broken_certificate_is_told_without_its_contents(part: str, tmp_path: Path) -> None:
    broken = {"ca": {"certificate-authority-data": encoded(PEM)}, "certificate": {}}[part]
    user = {"client-certificate-data": encoded(PEM), "client-key-data": encoded(KEY)}
    credentials = log_in_as(tmp_path, user, cluster=broken)

    with pytest.raises(
        ClusterError, match='CA, client certificate or key of cluster "prod" cannot be used'
    ) as caught:
        tls_context(credentials)
    assert "k3y" not in str(caught.value)


PLUGIN = """\
#!{python}
import json, os, sys
with open("count", "a") as file:
    file.write("x")
status = {{"token": f"token-{{os.path.getsize('count')}}", "expirationTimestamp": os.environ["EXPIRES"]}}
assert json.loads(os.environ["KUBERNETES_EXEC_INFO"])["kind"] == "ExecCredential"
assert "PLANTED" not in os.environ
print(json.dumps({{"apiVersion": sys.argv[1], "kind": "ExecCredential", "status": status}}))
"""
EXEC_API = "client.authentication.k8s.io/v1"


def plugin(folder: Path, text: str = PLUGIN) -> dict[str, Any]:
    program = folder / "plugin"
    program.write_text(text.format(python=sys.executable))
    program.chmod(0o700)
    return {"exec": {"apiVersion": EXEC_API, "command": "./plugin", "args": [EXEC_API]}}


def test_a_plugin_gives_the_token_and_only_the_given_environment_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", "1")

    tokens = log_in_as(tmp_path, plugin(tmp_path), environ={"EXPIRES": "2999-01-01T00:00:00Z"}).tokens

    assert [tokens.token(), tokens.token()] == ["token-1", "token-1"]
    assert tokens.renewed("token-1") == "token-2"
    assert (
        tokens.renewed("token-1") == "token-2"
    )  # another thread was rejected too: the plugin is not run again
    assert (tmp_path / "count").read_text() == "xx"


def test_an_expiring_token_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))

    tokens = log_in_as(tmp_path, plugin(tmp_path), environ={"EXPIRES": soon}).tokens

    assert [tokens.token(), tokens.token()] == ["token-2", "token-2"], "asked once, not before each request"
    assert tokens.renewed("token-2") == "token-3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "#!{python}\nimport sys\nsys.exit('no login session')\n",
            'plugin "./plugin" of user "me" failed: .*no login',
        ),
        ("#!{python}\nprint('s3cret')\n", 'plugin "./plugin" of user "me" failed: .*failed to decode'),
        (
            '#!{python}\nprint(\'{{"apiVersion": "'
            + EXEC_API
            + '", "kind": "ExecCredential", "status": {{}}}}\')\n',
            'plugin of user "me" gave neither token nor certificate',
        ),
        ("#!/no/such/interpreter\n", 'plugin "./plugin" of user "me" cannot be started: No such file'),
    ],
)
def test_a_plugin_that_fails_is_told(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=message) as caught:
        log_in_as(tmp_path, plugin(tmp_path, text))

    assert "s3cret" not in str(caught.value)
    assert "\n" not in caught.value.message


def test_a_plugin_that_hangs_is_not_waited_for_when_the_run_is_stopped(tmp_path: Path) -> None:
    user = plugin(tmp_path, "#!/bin/sh\ntouch started\nexec sleep 30\n")
    started = tmp_path / "started"

    with pytest.raises(ClusterError, match=r'plugin "\./plugin" of user "me" did not answer before the run'):
        log_in_as(tmp_path, user, environ={"PATH": os.defpath}, stopping=started.exists)


def test_the_hint_of_a_plugin_that_is_not_installed_is_the_remedy(tmp_path: Path) -> None:
    user = {
        "exec": {
            "apiVersion": EXEC_API,
            "command": "no-such-plugin",
            "installHint": "Install no-such-plugin.",
        }
    }

    with pytest.raises(ClusterError) as caught:
        log_in_as(tmp_path, user, environ={"PATH": "/nowhere"})
    assert caught.value.remedy == "Install no-such-plugin."


def jwt(expires: float) -> str:
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"exp": int(expires)}, {})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") or "e30" for part in parts
    )


def test_a_valid_token_of_an_identity_provider_is_used(tmp_path: Path) -> None:
    token = jwt(time.time() + 3600)
    provider = {
        "name": "oidc",
        "config": {"id-token": token, "client-id": "c", "idp-issuer-url": "https://x.test"},
    }

    assert log_in_as(tmp_path, {"auth-provider": provider}).tokens.token() == token


def test_an_identity_provider_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    provider = {"name": "azure", "config": {"access-token": "s3cret"}}

    with pytest.raises(ClusterError, match='The auth-provider "azure" of user "me" gave no token') as caught:
        log_in_as(tmp_path, {"auth-provider": provider})
    assert "s3cret" not in str(caught.value)


def test_a_static_login_never_imports_the_official_client(tmp_path: Path) -> None:
    log_in_as(tmp_path, {"token": "s3cret"})
    code = (
        "import sys; from pathlib import Path\n"
        "from syncline.config.settings import ClusterAccess\n"
        "from syncline.kube.cluster import connect\n"
        f"connect(ClusterAccess('x'), {{'KUBECONFIG': {str(tmp_path / 'config')!r}}}, home=Path('/'))\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'kubernetes', 'requests'}])"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
