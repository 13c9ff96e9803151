"""What ordinary manifests hold stays readable in their diffs, and what is somebody's secret does not.

The measure of the guesses: each text stands in a ConfigMap and in a variable of a container.
"""

from __future__ import annotations

import base64
import json
import random
import string
import time
from typing import Any

import pytest

from syncline.core.mask import Masker, mask_pair

CHOICE = random.Random(11)
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def some(count: int, letters: str = LETTERS) -> str:
    return "".join(CHOICE.choices(letters, k=count))


def packed(count: int) -> str:
    return base64.b64encode(CHOICE.randbytes(count)).decode()


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><path d="M0 0h16v16H0z"/></svg>'
READABLE = {
    "image by digest": f"registry.example.com/team/app@sha256:{some(64, HEX)}",
    "image by tag and digest": f"ghcr.io/acme/api:v1.2.3-rc.1@sha256:{some(64, HEX)}",
    "image of a build": "registry.example.com/payments/api:2024.05.06-1a2b3c4",
    "dashboard": "https://grafana.example.com/d/abcDEF123/board?orgId=1&refresh=5s&var-namespace=All&from=now-6h",
    "service with a port": "http://my-release-prometheus-server.monitoring.svc.cluster.local:9090/api/v1/query",
    "queue with a port": "amqp://rabbitmq.messaging.svc.cluster.local:5672/vhost",
    "proxy": "proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://backend-api.prod.svc.cluster.local:8080;",
    "brokers": "broker-0.kafka:9092,broker-1.kafka:9092,broker-2.kafka:9092",
    "database without a password": "jdbc:postgresql://db.prod.svc:5432/orders?sslmode=verify-full",
    "public key of an error tracker": "https://examplePublicKey@o0.ingest.example.com/0",
    "role": "arn:aws:iam::123456789012:role/eks-prod-ClusterAutoscalerRole-1ABCDEFGHIJKL",
    "certificate by name": "arn:aws:acm:eu-west-1:12345678:certificate/12345678-1234-1234-1234-123456789abc",
    "secret by name": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "key by name": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "target group": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/k8s-web-8fa2b0a1/0123456789abcdef",
    "identity pool": "projects/123456789012/locations/global/workloadIdentityPools/my-pool/providers/github",
    "service account": "my-service-account@my-project-123456.iam.gserviceaccount.com",
    "resource id": "/subscriptions/12345678-1234-1234-1234-123456789abc/resourceGroups/rg-prod/pip",
    "vault's address": "https://myvault-prod-weu.vault.azure.net/secrets/db-password",
    "path in a vault": "secret/data/team-a/payments/database#password",
    "policy of a balancer": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ids": "subnet-0a1b2c3d4e5f67890,subnet-0f9e8d7c6b5a43210 vpc-0a1b2c3d4e5f67890 ami-0abcdef1234567890",
    "state file": "s3://my-company-prod-eu-central-1-terraform-state/eks/cluster01/terraform.tfstate",
    "issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "md5": some(32, HEX),
    "sha1": some(40, HEX),
    "sha256": some(64, HEX),
    "sha512": some(128, HEX),
    "integrity": f"sha384-{packed(48)}",
    "checksum of a module": f"h1:{packed(32)}",
    "fingerprint": "5DE3 E050 9C47 EA3C F04A  42D3 4AEE 18F8 3AFD EB23",
    "serial number": "03:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67",
    "cron": "*/15 2-6 * * 1-5",
    "expression for URLs": r"^(?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,6}(?::\d{1,5})?(?:/[^\s?#]*)?$",
    "expression for names": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "expression for paths": r"(?i)^/api/v[0-9]+/(users|accounts)/[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}/?$",
    "long name": "AbstractSingletonProxyFactoryBeanConfigurationPropertiesBinding",
    "name of a class": "com.fasterxml.jackson.datatype.jsr310.ser.LocalDateTimeSerializer",
    "options of Java": "-XX:+UseG1GC -XX:MaxRAMPercentage=75.0 -Djava.security.egd=file:/dev/./urandom",
    "gates": "InPlacePodVerticalScaling=true,SidecarContainers=true,ValidatingAdmissionPolicy=true",
    "pod": "ingress-nginx-controller-admission-67f8b9dc54-abcde",
    "volume": "pvc-3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "name with dots": "my-release-postgresql-primary-0.my-release-postgresql-hl.production.svc.cluster.local",
    "ciphers": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,ECDHE-ECDSA-AES128-GCM-SHA256",
    "SSH, public": f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA{some(44)} git.example.com",
    "SSH, known host": f"git.example.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAA{some(80)}=",
    "certificate": f"-----BEGIN CERTIFICATE-----\n{some(64)}\n{some(64)}\n-----END CERTIFICATE-----\n",
    "certificate in base64": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J" + some(120),
    "certificate without its lines": f"MIIDazCCAlOgAwIBAgIU{some(200)}",
    "public key": f"-----BEGIN PUBLIC KEY-----\n{some(64)}\n{some(40)}==\n-----END PUBLIC KEY-----",
    "public key without its lines": f"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{some(86)}==",
    "public key for mail": f"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC{some(160)}",
    "icon, PNG": f"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg{packed(90)}",
    "icon, PNG alone": f"iVBORw0KGgoAAAANSUhEUg{packed(90)}",
    "icon, SVG": f"data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}",
    "text in base64": base64.b64encode(b"server { listen 8080; location / { return 200; } }").decode(),
    "time": "2024-05-06T07:08:09.123456789Z",
    "addresses": "2001:0db8:85a3:0000:0000:8a2e:0370:7334 52:54:00:12:34:56 10.96.0.0/12",
    "PromQL": 'sum(rate(http_requests_total{job="api",code=~"5.."}[5m])) by (namespace) > 0.05',
    "CEL": "self.spec.replicas >= 1 && has(self.spec.template.metadata.labels)",
    "Rego": 'deny[msg] { input.request.kind.kind == "Pod"; msg := "no" }',
    "JSONPath": "{range .items[*]}{.metadata.name}{'\\t'}{.status.phase}{'\\n'}{end}",
    "version": "v1.27.3+k3s1-amd64.20240506",
    "variable": "$(DATABASE_PASSWORD)",
    "variable that must be there": "${DATABASE_PASSWORD:?missing}",
    "template": "{{ .Values.database.password }}",
    "options": "--enable-skip-login --token-ttl=43200 --authentication-mode=token",
    "files of secrets": "--secret-name=ingress-tls --key-file=/certs/tls.key --password-file=/etc/password",
    "user and group": "docker run --user 65534:65534 -u 1000:1000 app",
    "check of a domain": f"google-site-verification={some(43)}",
    "mail policy": "v=spf1 include:_spf.example.com ~all",
    "content policy": f"default-src 'self'; script-src 'self' 'sha256-{packed(32)}'",
    "distinguished name": "CN=*.example.com,O=Example Inc.,L=Berlin,C=DE",
    "ApplySet": f"applyset-{some(43)}-v1",
    "SOPS": f"ENC[AES256_GCM,data:{packed(30)},iv:{packed(32)},tag:{packed(16)},type:str]",
    "logging": "%d{yyyy-MM-dd HH:mm:ss.SSS} [%thread] %-5level %logger{36} - %msg%n",
    "settings": "server:\n  port: 8080\nspring:\n  datasource:\n    url: jdbc:h2:mem:test\n",
}

# Put together here, so that no scanner of repositories takes this file for a leak.
HIDDEN = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI" + "K7MDENG1bPxRfiCYz9EXAMPLE2",
    "DATABASE_URL": "postgres://app:" + "s3cr3tPassw0rd@db.prod:5432/orders",
    "CACHE_URL": "redis://:" + "p4ssW0rd9xyz@redis:6379/0",
    "REMOTE": "https://" + some(40) + ":x-oauth-basic@git.example.com/r.git",
    "setting": some(40),
    "apiKey": some(32, HEX),
    "clientSecret": some(24),
    "application.properties": "spring.datasource.username=sa\nspring.datasource.password=" + "Zx9!kQ2mWv7p\n",
    "config.json": json.dumps({"db": {"password": "Zx9k" + "Q2mWv7pLt"}}),
    "packed": base64.b64encode(b'{"db": {"password": "' + b'Zx9kQ2mWv7pLt"}}').decode(),
    "packed twice": base64.b64encode(packed(36).encode()).decode(),
    "command": "curl -u admin:" + "S3cretPassw0rd123 https://example.com",
    "argument": "--token=" + "AbC123xyz789QweRty456",
    "admin.password": "$2a$10$rRyBsGSHK6.uc8fntPwVIu" + "LVHgsAhAX7TcdrqW/RADU0uh7CaChLa",
    "passphrase": "correct horse battery staple 9",
    "DB_PASSWORD": "hunter2" + "hunter2",
    "REDIS_PASS": "opensesame",
    "POSTGRES_PASSWORD": "postgres",
}
WEAK = {"passphrase", "DB_PASSWORD", "REDIS_PASS", "POSTGRES_PASSWORD"}


def bodies(name: str, value: str) -> list[dict[str, Any]]:
    container = {"name": "main", "image": "postgres:16", "env": [{"name": name, "value": value}]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {name: value}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}},
    ]


def shown(body: dict[str, Any]) -> Any:
    masker = Masker(b"k")
    masker.learn(body)
    after = mask_pair(None, body, masker)[1]
    assert after is not None
    return after.value


@pytest.mark.parametrize("name", READABLE)
def test_what_ordinary_manifests_hold_is_readable(name: str) -> None:
    assert [shown(body) for body in bodies("setting", READABLE[name])] == bodies("setting", READABLE[name])


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_somebodys_secret_is_hidden(name: str) -> None:
    value = HIDDEN[name]

    for body in bodies(name, value):
        text = json.dumps(shown(body), ensure_ascii=False)
        assert "‹hidden " in text
        assert json.dumps(value)[1:-1] not in text.replace("postgres:16", "")


def test_a_weak_password_is_hidden_in_its_field_and_its_word_stays_readable_elsewhere() -> None:
    pod = shown(bodies("POSTGRES_PASSWORD", "postgres")[1])["spec"]["containers"][0]

    assert pod["image"] == "postgres:16"
    assert pod["env"][0]["value"].startswith("‹hidden ")


@pytest.mark.parametrize(
    "content",
    [
        {"name": "ALLOW_EMPTY_PASSWORD", "value": "yes"},
        {"name": "DB_PASSWORD", "value": "$(OTHER_PASSWORD)"},
        {"name": "DB_PASSWORD", "value": "vault:secret/data/db#password"},
        {"name": "PWD", "value": "/srv/app"},
        {"name": "ADMIN_PASSWORD_FILE", "value": "admin.txt"},
        {"name": "COMPASS", "value": "north"},
        {"secretName": "users", "username": "name-key", "password": "password-key"},
        {"password": "", "passwordSecret": "users"},
    ],
)
def test_what_only_speaks_of_a_password_stays_readable(content: dict[str, str]) -> None:
    body = {"apiVersion": "example.com/v1", "kind": "User", "metadata": {"name": "u"}, "spec": content}

    assert shown(body) == body


@pytest.mark.parametrize("word", ["a" * 4000, "Ab" * 2000, "aB1c" * 1000, "abc-" * 1000, "abc=" * 1000])
def test_a_long_word_is_looked_at_at_once(word: str) -> None:
    masker = Masker(b"k")
    masker.scrub("a text that is long enough to be looked at")
    began = time.process_time()

    masker.scrub(f"see {word}1B here")

    assert time.process_time() - began < 1
