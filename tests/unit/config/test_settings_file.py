"""`syncline.yaml`, setting by setting."""

from __future__ import annotations

import pytest

from syncline.config import Complaint, load
from syncline.config.settings import (
    ClusterAccess,
    DriftPolicy,
    GuardLimits,
    HiddenField,
    Masking,
    PluginAccess,
    RemoteAccess,
    Settings,
)

FULL = """\
clusters:
  prod:
    server: https://10.0.0.1:6443/
    caData: Zm9v
    tokenEnv: PROD_TOKEN
    serverAlias: https://prod.example.com/
  staging:
    server: https://10.0.0.2:6443
    caFile: certs/ca.pem
    tokenEnv: STAGING_TOKEN
  dev: {context: kind-dev, project: team, labels: {env: dev}, annotations: {owner: ann}}
  next: {context: next, kubeVersion: "1.37", apiVersions: [example.com/v1/Thing]}
defaultCluster: prod
repositories:
- https://github.com/example/deploy.git
- git@github.com:example/deploy.git
guard:
  maxPrune: 3
  maxPrunePercent: 0
  protectedKinds: [Secret, Certificate.cert-manager.io]
sync: {onlyAutomated: true, timeout: 10m}
render: {timeout: 90, helm: v4, wall: required, applications: {legacy: {helm: "3"}}}
remotes:
  team: {url: https://charts.example.com/team/, username: ci, passwordEnv: CHARTS_TOKEN, caFile: certs/ca.pem}
  lab:
    {url: oci://10.0.0.3:5000, usernameEnv: LAB_USER, passwordEnv: LAB_TOKEN, plainHTTP: true, insecure: true}
  inner: {url: https://git.example.com, clientCertificateEnv: CLIENT_CERTIFICATE, clientKeyEnv: CLIENT_KEY}
statuses: {limit: 0}
plugins:
  regions: {baseUrl: http://localhost:4355/, tokenEnv: PLUGIN_TOKEN, timeout: 5s}
teams: {okta-deployers: acme/platform}
unrestrictedProjects: [legacy]
masking:
  annotations: [example.com/token]
  guess: false
  fields:
  - {kind: Deployment.apps, jqPathExpressions: ['.spec.x[]'], jsonPointers: [/spec/password]}
"""


def settings(text: str) -> Settings:
    found = load([("syncline.yaml", text)])
    assert found.complaints == ()
    return found.settings


def complaints(text: str) -> list[tuple[int, str]]:
    found = load([("syncline.yaml", text)])
    assert found.settings == Settings()
    assert found.settings_errors == found.complaints
    return [(one.place.line, one.message) for one in found.complaints]


def test_every_setting_is_read() -> None:
    assert settings(FULL) == Settings(
        clusters={
            "prod": ClusterAccess(
                "prod",
                server="https://10.0.0.1:6443",
                ca_data="Zm9v",
                token_env="PROD_TOKEN",
                server_alias="https://prod.example.com",
            ),
            "staging": ClusterAccess(
                "staging", server="https://10.0.0.2:6443", ca_file="certs/ca.pem", token_env="STAGING_TOKEN"
            ),
            "dev": ClusterAccess(
                "dev",
                context="kind-dev",
                project="team",
                labels={"env": "dev"},
                annotations={"owner": "ann"},
            ),
            "next": ClusterAccess(
                "next", context="next", kube_version="1.37", api_versions=("example.com/v1/Thing",)
            ),
        },
        default_cluster="prod",
        repositories=("https://github.com/example/deploy.git", "git@github.com:example/deploy.git"),
        guard=GuardLimits(3, 0, GuardLimits().protected_kinds | {"Secret", "Certificate.cert-manager.io"}),
        sync_only_automated=True,
        sync_timeout=600.0,
        render_timeout=90.0,
        render_wall="required",
        status_limit=0,
        plugins={"regions": PluginAccess("http://localhost:4355", "PLUGIN_TOKEN", 5.0)},
        teams={"okta-deployers": "acme/platform"},
        unrestricted_projects=("legacy",),
        masking=Masking(
            (HiddenField("Deployment.apps", ("/spec/password",), (".spec.x[]",)),),
            frozenset({"example.com/token"}),
            guess=False,
        ),
        helm="v4",
        helm_by_app={"legacy": "3"},
        remotes={
            "team": RemoteAccess(
                "team",
                url="https://charts.example.com/team",
                username="ci",
                password_env="CHARTS_TOKEN",
                ca_file="certs/ca.pem",
            ),
            "lab": RemoteAccess(
                "lab",
                url="oci://10.0.0.3:5000",
                username_env="LAB_USER",
                password_env="LAB_TOKEN",
                insecure=True,
                plain_http=True,
            ),
            "inner": RemoteAccess(
                "inner",
                url="https://git.example.com",
                client_certificate_env="CLIENT_CERTIFICATE",
                client_key_env="CLIENT_KEY",
            ),
        },
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n", "guard: {}\nsync:\n"])
def test_what_is_not_set_has_its_default(text: str) -> None:
    assert settings(text) == Settings()


@pytest.mark.parametrize("name", ["syncline.yaml", ".syncline.yaml"])
def test_the_settings_lie_at_the_root_only(name: str) -> None:
    assert load([(name, FULL)]).settings.default_cluster == "prod"
    assert load([(f"apps/{name}", FULL)]).settings == Settings()


def test_two_settings_files_are_an_error() -> None:
    found = load([("syncline.yaml", "{}"), (".syncline.yaml", "{}")])

    assert [one.message for one in found.settings_errors] == [
        "There are two settings files; .syncline.yaml is the other. Keep one of them."
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("90s", 90), ("1h30m", 5400), ("1.5m", 90), ("45", 45), ("2.5", 2.5), ('"10s"', 10)],
)
def test_a_time_is_a_duration_or_a_number_of_seconds(text: str, seconds: float) -> None:
    assert settings(f"sync: {{timeout: {text}}}").sync_timeout == seconds


@pytest.mark.parametrize("text", ["0", "-5", "5 minutes", "m", '""', "yes", "[5]", "0s", '"90"', "1e9x"])
def test_other_times_are_refused(text: str) -> None:
    message = "must be a time such as 90s, 5m or 1h30m, or a number of seconds above zero."

    assert complaints(f"sync:\n  timeout: {text}\n") == [(2, f"sync.timeout {message}")]


def test_protected_kinds_are_only_added_to() -> None:
    kinds = settings("guard: {protectedKinds: [Secret]}").guard.protected_kinds

    assert kinds == GuardLimits().protected_kinds | {"Secret"}


def test_protected_kinds_are_replaced_when_that_is_said() -> None:
    text = "guard: {protectedKinds: [Secret], replaceProtectedKinds: true}"

    assert settings(text).guard.protected_kinds == {"Secret"}


def test_what_is_done_about_drift_failures_and_other_runs() -> None:
    text = """
        sync: {rollbackOnFailure: true}
        lease: {duration: 1m, required: true}
        drift: {policy: alert, applications: {web: heal, api: application}, rounds: 3, pause: 24h}
    """
    found = settings(text)

    assert (found.rollback_on_failure, found.lease_seconds, found.require_lease) == (True, 60.0, True)
    assert found.drift == DriftPolicy("alert", {"web": "heal", "api": "application"}, 3, 86400.0)
    assert [found.drift.of(name) for name in ("web", "api", "other")] == ["heal", "application", "alert"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drift: {policy: ignore}", "drift.policy must be one of application, heal, alert."),
        (
            "drift: {applications: {web: never}}",
            "drift.applications.web must be one of application, heal, alert.",
        ),
        (
            "lease: {duration: 1s}",
            "lease.duration must be at least 5 s, or a slow answer would end the Lease.",
        ),
    ],
)
def test_words_that_mean_nothing_about_drift_and_leases_are_refused(text: str, message: str) -> None:
    assert complaints(text) == [(1, message)]


HIDDEN = "hunter2"
REFUSED = {
    "a pointer that is none": (
        "masking: {fields: [{kind: A, jsonPointers: [spec]}]}\n",
        1,
        (
            "masking.fields[0].jsonPointers[0] must be a JSON pointer that begins with a slash, such as "
            "/spec/replicas."
        ),
    ),
    "an expression that is empty": (
        "masking: {fields: [{kind: A, jqPathExpressions: ['']}]}\n",
        1,
        "masking.fields[0].jqPathExpressions[0] is not a jq path expression: it is empty.",
    ),
    "a hidden field without a field": (
        "masking: {fields: [{kind: A}]}\n",
        1,
        "masking.fields[0] names no field; write jsonPointers or jqPathExpressions.",
    ),
    "a hidden kind that is none": (
        "masking: {fields: [{kind: apps/v1, jsonPointers: [/a]}]}\n",
        1,
        "masking.fields[0].kind must be a kind, such as Secret, Deployment.apps or *.",
    ),
    "unknown": ("\ngaurd: {}\n", 2, "gaurd is not a setting; did you mean guard?"),
    "unknown inside": (
        "guard:\n  maxPrunes: 1\n",
        2,
        "guard.maxPrunes is not a setting; did you mean maxPrune?",
    ),
    "token": (
        f"clusters:\n  prod:\n    server: https://x\n    token: {HIDDEN}\n",
        4,
        "clusters.prod.token stands in a file; put it in the environment and name the variable in tokenEnv.",
    ),
    "token in tokenEnv": (
        f"clusters:\n  prod:\n    server: https://x\n    tokenEnv: {HIDDEN}.{HIDDEN}\n",
        4,
        "clusters.prod.tokenEnv must be the name of an environment variable that holds the token.",
    ),
    "context and server": (
        "clusters:\n  prod: {context: a, server: 'https://x', tokenEnv: T}\n",
        2,
        "clusters.prod needs either a context of the kubeconfig or a server.",
    ),
    "neither": (
        "clusters:\n  prod: {serverAlias: 'https://x'}\n",
        2,
        "clusters.prod needs either a context of the kubeconfig or a server.",
    ),
    "server without token": (
        "clusters:\n  prod: {server: 'https://x'}\n",
        2,
        "clusters.prod needs tokenEnv, the name of the environment variable that holds the server's token.",
    ),
    "two authorities": (
        "clusters:\n  prod: {server: 'https://x', tokenEnv: T, caData: a, caFile: b}\n",
        2,
        "clusters.prod has both caData and caFile; keep one of them.",
    ),
    "context and a token": (
        "clusters:\n  prod: {context: x, tokenEnv: T}\n",
        2,
        "clusters.prod takes CA and token from its kubeconfig context; remove caData, caFile and tokenEnv.",
    ),
    "no URL": (
        "clusters:\n  prod: {server: 10.0.0.1, tokenEnv: T}\n",
        2,
        "clusters.prod.server must be the URL of an API server, such as https://10.0.0.1:6443.",
    ),
    "one server twice": (
        "clusters:\n  a: {context: x, serverAlias: 'https://x'}\n  b: {server: 'https://x/', tokenEnv: T}\n",
        3,
        "clusters.b is reached by the same server or serverAlias as a; one cluster, one name.",
    ),
    "no such default": (
        "defaultCluster: pord\nclusters: {prod: {context: a}}\n",
        1,
        "defaultCluster names a cluster that is not under clusters; did you mean prod?",
    ),
    "a password in remotes": (
        f"remotes:\n  r:\n    url: https://x\n    password: {HIDDEN}\n",
        4,
        (
            "remotes.r.password stands in a file; put it in the environment and name the variable in "
            "passwordEnv."
        ),
    ),
    "a password in a URL": (
        f"remotes:\n  r: {{url: 'https://me:{HIDDEN}@x'}}\n",
        2,
        "remotes.r.url holds a password; name variables in usernameEnv and passwordEnv instead.",
    ),
    "no variable": (
        f"remotes:\n  r: {{url: 'https://x', passwordEnv: '{HIDDEN}!'}}\n",
        2,
        "remotes.r.passwordEnv must be the name of an environment variable that holds the password or token.",
    ),
    "a remote without a scheme": (
        "remotes:\n  r: {url: charts.example.com}\n",
        2,
        (
            "remotes.r.url must be a URL with its scheme, such as https://charts.example.com or "
            "oci://registry.example.com/team."
        ),
    ),
    "a remote without a URL": ("remotes:\n  r: {username: me}\n", 2, "remotes.r needs a url."),
    "two names": (
        "remotes:\n  r: {url: 'https://x', username: a, usernameEnv: B}\n",
        2,
        "remotes.r has both username and usernameEnv; keep one of them.",
    ),
    "two authorities of a remote": (
        "remotes:\n  r: {url: 'https://x', caFile: a, caData: b}\n",
        2,
        "remotes.r has both caData and caFile; keep one of them.",
    ),
    "a key without a certificate": (
        "remotes:\n  r: {url: 'https://x', clientKeyEnv: A}\n",
        2,
        "remotes.r has clientKeyEnv and no clientCertificateEnv; a key is nothing without its certificate.",
    ),
    "a certificate for SSH": (
        "remotes:\n  r: {url: 'ssh://x', clientCertificateEnv: A}\n",
        2,
        "remotes.r.clientCertificateEnv is shown over TLS alone (https://, oci://).",
    ),
    "a protected kind of no group": (
        "guard:\n  protectedKinds: [StatefulSet]\n",
        2,
        "guard.protectedKinds[0] means no object: StatefulSet is of the group apps; write StatefulSet.apps.",
    ),
    "a hidden kind of no group": (
        "masking:\n  fields: [{kind: Deployment, jsonPointers: [/spec]}]\n",
        2,
        "masking.fields[0].kind means no object: Deployment is of the group apps; write Deployment.apps.",
    ),
    "a key for HTTPS": (
        "remotes:\n  r: {url: 'https://x', sshKeyEnv: A}\n",
        2,
        "remotes.r.sshKeyEnv has no effect: it is about ssh://.",
    ),
    "a password for SSH": (
        "remotes:\n  r: {url: 'ssh://x', passwordEnv: A}\n",
        2,
        "remotes.r.passwordEnv has no effect: it is about https:// and http:// and oci://.",
    ),
    "a history of a registry": (
        "remotes:\n  r: {url: 'oci://x', depth: 5}\n",
        2,
        "remotes.r.depth has no effect: it is about https:// and http:// and ssh://.",
    ),
    "a key in the file": (
        f"remotes:\n  r:\n    url: https://x\n    clientKey: {HIDDEN}\n",
        4,
        (
            "remotes.r.clientKey stands in a file; put it in the environment and name the variable in "
            "clientKeyEnv."
        ),
    ),
    "plain HTTP of the web": (
        "remotes:\n  r: {url: 'https://x', plainHTTP: true}\n",
        2,
        "remotes.r.plainHTTP is about registries (oci://); other URLs name their scheme themselves.",
    ),
    "one remote twice": (
        "remotes:\n  a: {url: 'https://x'}\n  b: {url: 'https://x/'}\n",
        3,
        "remotes.b has the url of a; one address, one entry.",
    ),
    "a version of helm": (
        "render: {helm: new}\n",
        1,
        'render.helm must be a version such as "3", "v4" or "3.22.0".',
    ),
    "a wall of another kind": (
        "render: {wall: high}\n",
        1,
        "render.wall must be one of required, possible.",
    ),
    "a tool nobody chooses": (
        "render: {applications: {web: {helms: '3'}}}\n",
        1,
        "render.applications.web.helms is not a setting; did you mean helm?",
    ),
    "percent": ("guard: {maxPrunePercent: 101}\n", 1, "guard.maxPrunePercent must be from 0 to 100."),
    "negative": ("guard: {maxPrune: -1}\n", 1, "guard.maxPrune must be at least 0."),
    "kind": (
        "guard: {protectedKinds: [secrets]}\n",
        1,
        "guard.protectedKinds[0] must be a kind, such as Secret or Deployment.apps.",
    ),
    "wrong type": ("repositories: x\n", 1, "repositories must be a list, not a string."),
    "wrong type of a cluster": ("clusters:\n  a: b\n", 2, "clusters.a must be a mapping, not a string."),
    "no mapping": ("- a\n", 1, "The document must be a mapping, not a list."),
    "two documents": ("{}\n---\na: 1\n", 3, "The settings are one document; remove the second."),
    "no YAML": (
        "a: 1\n\tb: 2\n",
        2,
        "A tab stands in the indentation, where YAML allows only spaces. Replace it with spaces.",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_setting_is_one_error_and_the_settings_are_the_defaults(
    text: str, line: int, message: str
) -> None:
    assert complaints(text) == [(line, message)]
    assert HIDDEN not in message


def test_a_complaint_is_a_value() -> None:
    first, second = (load([("syncline.yaml", "x: 1")]).complaints[0] for _ in range(2))

    assert first == second
    assert isinstance(first, Complaint)
