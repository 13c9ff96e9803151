"""What is hidden though nobody calls it a secret, and what stays readable though it looks like one."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import time

import pytest

from syncline.config.settings import Masking
from syncline.core.mask import Masker, mask_pair

LETTERS = string.ascii_letters + string.digits
CHOICE = random.Random(7)


def some(count: int, letters: str = LETTERS) -> str:
    return "".join(CHOICE.choices(letters, k=count))


HEX = "0123456789abcdef"
PEM = "-----BEGIN {} PRIVATE KEY-----\n{}\n-----END {} PRIVATE KEY-----"
# Put together here, so that no scanner of repositories takes this file for a leak.
TOKENS = {
    "GitHub, personal": "gh" + "p_" + some(36),
    "GitHub, installation": "gh" + "s_" + some(36),
    "GitHub, fine-grained": "github" + "_pat_" + some(22) + "_" + some(59),
    "GitLab": "gl" + "pat-" + some(20),
    "Atlassian": "ATATT3" + some(60),
    "AWS, key id": "AK" + "IA" + some(16, string.ascii_uppercase + "234567"),
    "AWS, session id": "AS" + "IA" + some(16, string.ascii_uppercase + "234567"),
    "AWS, secret key": "wJalrXUtnFEMI7K7MDENG1bPxRfiCYz9EXAMPLE2",
    "EKS": "k8s-aws-" + "v1." + some(60),
    "GCP, API key": "AI" + "za" + some(35),
    "GCP, access": "ya" + "29." + some(60),
    "GCP, client secret": "GOC" + "SPX-" + some(28),
    "Azure, client secret": some(3) + "8Q" + "~" + some(34),
    "Azure, storage": "DefaultEndpointsProtocol=https;AccountKey=" + some(86) + "==",
    "Slack, bot": "xo" + "xb-" + "123456789012-" + some(24),
    "Slack, webhook": "https://hooks.slack.com/" + "services/T" + some(8) + "/B" + some(8) + "/" + some(24),
    "SendGrid": "S" + "G." + some(22) + "." + some(43),
    "Stripe": "sk_" + "live_" + some(24),
    "npm": "np" + "m_" + some(36),
    "PyPI": "pyp" + "i-AgE" + some(60),
    "Docker": "dckr" + "_pat_" + some(27),
    "Vault": "hv" + "s." + some(40),
    "Vault, old": "s." + "aB3" + some(21),
    "DigitalOcean": "do" + "p_v1_" + some(64, HEX),
    "Databricks": "da" + "pi" + some(32, HEX),
    "Hugging Face": "h" + "f_" + some(34),
    "OpenAI": "sk-" + "proj-" + some(48),
    "age": "AGE-SECRET-" + "KEY-1" + some(58, string.ascii_uppercase + string.digits),
    "JWT": "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + some(43),
    "PEM": PEM.format("RSA", some(64) + "\n" + some(64), "RSA"),
    "PEM in JSON": json.dumps(PEM.format("EC", some(64), "EC"))[1:-1],
    "PEM in base64": base64.b64encode(PEM.format("EC", some(64), "EC").encode()).decode(),
    "a header": "Authorization: Bearer " + some(24) + "4",
    "basic": "authorization: basic " + base64.b64encode(b"bot:hunter2hunter").decode(),
    "a URL": "https://bot:" + "hunter2@hunter" + "@example.com/r.git",
    "a setting": "password=" + "hU7n-t3rX2q",
    "an option": "--api-key " + some(20) + "7",
}


@pytest.mark.parametrize("name", TOKENS)
def test_what_has_the_shape_of_a_secret_is_hidden_in_any_text(name: str) -> None:
    token = TOKENS[name]
    assert len(token) > 8
    shown = Masker(b"k").scrub(f"tool: cannot use {token} here, see line 3")

    assert "‹hidden " in shown
    assert shown.startswith("tool: cannot use ")
    assert shown.endswith(" here, see line 3")
    secret = max(re.split(r"[\s=:;]+|://", token), key=len)
    assert secret not in shown
    assert "hunter2" not in shown


def test_a_random_value_under_a_name_that_says_so_is_hidden_and_looked_for_elsewhere() -> None:
    value = "x9-Kq2mW4z"
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"db-password": value, "args": f"--with {value}"},
        "env": [{"name": "API_TOKEN", "value": "a8F3k2Lq90"}],
    }
    masker = Masker(b"k")
    masker.learn(body)
    _, shown = mask_pair(None, body, masker)

    assert value not in str(shown)
    assert "a8F3k2Lq90" not in str(shown)


def test_guessing_can_be_switched_off_and_known_shapes_stay_hidden() -> None:
    masker = Masker(b"k", Masking(guess=False))

    assert masker.scrub("password=hU7n-t3rX2q") == "password=hU7n-t3rX2q"
    assert TOKENS["npm"] not in masker.scrub(TOKENS["npm"])


CERTIFICATE = (
    "-----BEGIN CERTIFICATE-----\n" + "\n".join(some(64) for _ in range(6)) + "\n-----END CERTIFICATE-----"
)
READABLE = [
    "1 object is not permitted: Secret test-5c4d6339eb/s: it does not allow Secret (project.yaml:7).",
    f"ghcr.io/acme/web@sha256:{some(64, HEX)}",
    f"checksum/config: {some(64, HEX)}",
    some(40, HEX),
    "0b8c9f7e-5f0a-4a1b-9c63-7c1d3c1f0a55",
    "metadata.uid 3f1d2c4b-aaaa-4bbb-8ccc-1234567890ab is not what was expected",
    f'integrity: "sha512-{base64.b64encode(CHOICE.randbytes(64)).decode()}"',
    f"github.com/acme/lib v1.2.3 h1:{base64.b64encode(CHOICE.randbytes(32)).decode()}",
    f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{some(200)} bot@example.com",
    "age1" + some(58, string.ascii_lowercase + string.digits),
    f"ENC[AES256_GCM,data:{some(24)},iv:{some(12)},tag:{some(12)},type:str]".replace(",iv", "=,iv"),
    CERTIFICATE,
    base64.b64encode(CERTIFICATE.encode()).decode(),
    "https://example.com:8443/path@1.2.3/x and http://host:80/a@b",
    "git@github.com:acme/deploy.git and ssh://git@github.com/acme/deploy.git",
    "spec.template.spec.containers[0].env[2].valueFrom.secretKeyRef.key: Required value",
    "existingSecret: orders-db-credentials-2",
    "secretName: wildcard-example-com-tls-2024",
    "imagePullSecrets: [{name: registry-credentials}]",
    "password: changed, token: expired, secret: not found",
    "serviceAccountToken: expirationSeconds 3600",
    "DB_PASSWORD: $(DB_PASSWORD_FROM_FILE_2)",
    "io.kubernetes.cri-o.TrySkipVolumeSELinuxLabel ValidatingAdmissionPolicyBinding v1beta1",
    "registry.k8s.io/ingress-nginx/controller:v1.11.2-20240801T101112Z-ab12cd34",
    "projects/acme-prod-1234/locations/europe-west1/keyRings/Main/cryptoKeys/Orders2",
    "arn:aws:iam::123456789012:role/eksctl-Prod-NodeInstanceRole-1A2B3C4D5E6F",
    "token-reviewer-7d4b9c6f5d-x2x7k in kube-system is Running",
    "Basic usage: see the handbook, Bearer of news",
]


@pytest.mark.parametrize("text", READABLE)
def test_what_is_public_stays_readable(text: str) -> None:
    assert Masker(b"k").scrub(text) == text


BOMBS = {
    "a token that never comes": "eyJ" * 50_000,
    "URLs without an end": "://a:" * 8_000 + "@",
    "keys without an end": "-----BEGIN PRIVATE KEY-----" * 8_000,
    "certificates without an end": "-----BEGIN CERTIFICATE-----"
    + "aB1" * 20
    + "\n"
    + "-----BEGIN CERTIFICATE-----" * 8_000,
    "names without an end": "a_" * 80_000 + "password=",
    "backslashes": "\\" * 160_000,
    "spaces": " \n" * 80_000,
    "percents": "%41" * 50_000,
    "dashes": "sk-" * 50_000,
    "one long word": "Ab1" * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_text_of_twice_the_length_takes_at_most_three_times_as_long(name: str) -> None:
    masker = Masker(b"k")
    masker.learn_value(b"hunter2hunter2")
    masker.scrub("https://a:b@c eyJ")

    def seconds(times: int) -> float:
        text = BOMBS[name] * times
        began = time.process_time()
        masker.scrub(text)
        return time.process_time() - began

    # On a busy machine one look may be slow by chance; what grows with the square is so each time.
    assert any(seconds(2) < 3 * seconds(1) + 0.1 for _ in range(3))
