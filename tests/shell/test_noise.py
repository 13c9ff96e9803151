"""What differs from itself is named, shows as no change, and hides none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shell.repos import Repo
from shell.test_diff import Shop, application, config_map, only
from syncline.core.plan import Action
from syncline.report.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.report.model import AppReport

CHART = "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  plain: {{ .Values.a | quote }}\n"
JINJA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  plain: a%s\n  r: '%s'\n"
MANY = "range(100000) | list | random"


@pytest.fixture
def shop(tools: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    del tools
    return Shop(Repo.make(tmp_path / "shop"), monkeypatch)


def chart(line: str, value: str = "1") -> dict[str, str | None]:
    return {
        "apps/web.yaml": application("web", "chart"),
        "chart/Chart.yaml": CHART,
        "chart/values.yaml": f"a: {value}\n",
        "chart/templates/c.yaml": f"{HEAD}  noisy: {{{{ {line} | quote }}}}\n",
    }


def warnings(app: AppReport) -> list[str]:
    return [note.text for note in app.notes if note.severity is Severity.WARNING]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("randAlphaNum 20", "randAlphaNum"),
        ("uuidv4", "uuidv4"),
        ('(genCA "web" 3).Cert', "genCA"),
        ('(genSelfSignedCert "web" nil nil 3).Key', "genSelfSignedCert"),
        ('genPrivateKey "ecdsa"', "genPrivateKey"),
        ('htpasswd "web" "pass"', "htpasswd"),
        ('now | unixEpoch | toString | printf "%s%s" (randNumeric 9)', "now"),
    ],
)
def test_a_field_that_is_another_each_time_is_named_and_neither_shown_nor_hiding(
    shop: Shop, line: str, word: str
) -> None:
    app = only(shop.change(chart(line, "2"), chart(line)))

    (change,) = app.changes
    assert (change.action, change.paths) == (Action.UPDATE, ("data.plain",))
    (said,) = warnings(app)
    assert said.startswith(
        f"data.noisy is another each time it is rendered ({word} in chart/templates/c.yaml:6"
    )
    assert "ignoreDifferences" in said
    assert len(shop.rendered) == 3


def test_noise_alone_is_no_difference(shop: Shop) -> None:
    line = "randAlphaNum 20"

    app = only(shop.change({**chart(line), "chart/README.md": "hello"}, chart(line)))

    assert app.changes == ()
    assert app.fingerprint == ""
    assert len(warnings(app)) == 1


def test_a_secret_is_told_by_its_field_and_shows_no_value(shop: Shop) -> None:
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
        "stringData: {password: {{ randAlphaNum 30 | quote }}, user: {{ .Values.a | quote }}}\n"
    )
    files = {**chart("1"), "chart/templates/s.yaml": secret}

    app = only(shop.change({**files, "chart/values.yaml": "a: 2\n"}, files))

    shown = {change.key.kind: change.paths for change in app.changes}
    assert set(shown) == {"ConfigMap", "Secret"}
    assert not any("password" in path for path in shown["Secret"])
    assert any("data.password is another" in text and "s.yaml:4" in text for text in warnings(app))


def test_a_random_name_is_said_to_be_one(shop: Shop) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'job-{{ randAlphaNum 8 | lower }}'}\n"
    files = {**chart("1"), "chart/templates/j.yaml": template}

    app = only(shop.change({**files, "chart/values.yaml": "a: 2\n"}, files))

    assert sum("Its name is another" in text and "j.yaml:3" in text for text in warnings(app)) == 1


def test_a_helper_of_a_packed_chart_is_found(shop: Shop) -> None:
    files = chart('include "common.random" .')
    files["chart/templates/_helpers.tpl"] = (
        '{{/* now is the time: randAlpha */}}\n{{- define "common.random" -}}\n'
        "{{- randAlpha 12 -}}\n{{- end -}}\n"
    )

    app = only(shop.change({**files, "chart/values.yaml": "a: 2\n"}, files))

    (said,) = warnings(app)
    assert "(randAlpha in chart/templates/_helpers.tpl:3)" in said
    assert [change.paths for change in app.changes] == [("data.plain",)]


def test_what_two_renderings_cannot_show_is_named(shop: Shop) -> None:
    dated = chart('now | date "2006"')
    app = only(shop.change({**dated, "chart/values.yaml": "a: 2\n"}, dated))
    assert warnings(app) == [
        "It uses now (chart/templates/c.yaml:6), so it may come out differently another day."
    ]

    asked = chart('lookup "v1" "Secret" "a" "b" | toString')
    app = only(shop.change({**asked, "chart/values.yaml": "a: 2\n"}, asked))
    assert any("lookup (chart/templates/c.yaml:6), which finds nothing" in note.text for note in app.notes)


def test_jinjas_own_chance_is_found(shop: Shop) -> None:
    def files(value: str) -> dict[str, str | None]:
        text = JINJA % (value, f"{{{{ {MANY} }}}}")
        return {"apps/web.yaml": application("web", "web"), "web/a.yaml.j2": text}

    app = only(shop.change(files("2"), files("1")))

    assert [change.paths for change in app.changes] == [("data.plain",)]
    assert "data.r is another each time it is rendered (random in web/a.yaml.j2:6)" in warnings(app)[0]


@pytest.mark.parametrize(
    "line", ["1", '"now"', ".Values.now", '"randAlpha" | upper', 'dict "now" 1 | toJson']
)
def test_what_cannot_be_random_is_rendered_once_for_each_side(shop: Shop, line: str) -> None:
    app = only(shop.change(chart(line, "2"), chart(line)))

    assert len(shop.rendered) == 2
    assert warnings(app) == []


def test_what_does_not_differ_is_not_rendered_again(shop: Shop) -> None:
    def files(text: str) -> dict[str, str | None]:
        unused = '{{- define "unused" -}}{{ randAlphaNum 3 }}{{- end -}}\n'
        return {**chart("1"), "chart/templates/_u.tpl": unused, "chart/README.md": text}

    app = only(shop.change(files("two"), files("one")))

    assert len(shop.rendered) == 2
    assert (app.changes, warnings(app)) == ((), [])


def test_plain_files_are_never_rendered_again(shop: Shop) -> None:
    files = {"apps/web.yaml": application("web", "web"), "web/a.yaml": config_map("a", a="{{ randAlpha }}")}
    shop.change({**files, "web/a.yaml": config_map("a", a="{{ randAlpha 3 }}")}, files)

    assert len(shop.rendered) == 2
