"""A second run finds what the first one rendered, if and only if it would render the same."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from shell.repos import Repo
from shell.test_diff import Shop, application, config_map, secret
from syncline.errors import UsageError
from syncline.jobs import each_app
from syncline.report.model import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHART = "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.a | quote }}}\n"
REVISION = "kustomize: {commonAnnotationsEnvsubst: true, commonAnnotations: {at: $ARGOCD_APP_REVISION}}"
SOURCES = {
    "plain": "source: {repoURL: 'https://e.com/x', path: plain}",
    "overlay": "source: {repoURL: 'https://e.com/x', path: overlay}",
    "chart": "source: {repoURL: 'https://e.com/x', path: chart, helm: {valueFiles: [../env/a.yaml]}}",
    "jinja": "source: {repoURL: 'https://e.com/x', path: jinja}",
    "dated": f"source: {{repoURL: 'https://e.com/x', path: overlay, {REVISION}}}",
    "told": "source: {repoURL: 'https://e.com/x', path: told}",
}
FILES = {
    **{f"apps/{name}.yaml": application(name, name, source=source) for name, source in SOURCES.items()},
    "plain/a.yaml": config_map("a", a="1"),
    "overlay/kustomization.yaml": "resources: [../base]\n",
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": config_map("a", a="1"),
    "chart/Chart.yaml": CHART,
    "chart/templates/c.yaml": TEMPLATE,
    "env/a.yaml": "a: 1\n",
    "jinja/a.yaml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ app.name }}'}\n",
    "told/a.yaml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {r: '{{ app|length }}'}\n",
}


class Kept(Shop):
    """A shop with a cache."""

    def __init__(self, repo: Repo, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        super().__init__(repo, monkeypatch)
        self.cache = cache

    def render(self, job: Job = Job.RENDER, **more: str) -> set[str]:
        """Render all; the names of those that were not found."""
        self.look(job=job, cache=str(self.cache), more=more)
        return {name for name, _ in self.rendered}


@pytest.fixture
def kept(tools: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    del tools
    shop = Kept(Repo.make(tmp_path / "shop"), monkeypatch, tmp_path / "cache")
    shop.repo.commit(FILES)
    return shop


def test_a_second_run_renders_nothing_and_says_the_same(kept: Kept) -> None:
    first = kept.look(job=Job.RENDER, cache=str(kept.cache))
    assert {name for name, _ in kept.rendered} == set(SOURCES)
    again = kept.look(job=Job.RENDER, cache=str(kept.cache))

    assert kept.rendered == []
    assert [app.changes for app in again.applications] == [app.changes for app in first.applications]
    assert [app.notes for app in again.applications] == [app.notes for app in first.applications]


@pytest.mark.parametrize("job", [Job.RENDER, Job.DIFF])
def test_what_lies_there_is_looked_at_by_the_thread_that_asks(
    kept: Kept, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, threading.Thread] = {}
    real = each_app._look

    def spied(app: Any, look: Any, session: Any) -> Any:
        threads[app.name] = threading.current_thread()
        return real(app, look, session)

    monkeypatch.setattr(each_app, "_look", spied)
    kept.repo.commit({path: f"{text}# changed\n" for path, text in FILES.items() if path.endswith("a.yaml")})
    base = "HEAD~1" if job is Job.DIFF else ""
    for _ in range(2):
        threads.clear()
        kept.look(job=job, base=base, cache=str(kept.cache))
    assert len(threads) >= 4
    assert set(threads.values()) == {threading.current_thread()}

    kept.repo.commit({"plain/a.yaml": config_map("a", a="3"), "base/a.yaml": config_map("a", a="3")})
    threads.clear()
    kept.look(job=job, base="HEAD~2" if base else "", cache=str(kept.cache))
    assert threading.current_thread() not in threads.values()


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("README.md", "other", {"dated", "told"}),
        ("base/a.yaml", config_map("a", a="2"), {"overlay", "dated", "told"}),
        ("env/a.yaml", "a: 2\n", {"chart", "dated", "told"}),
        ("chart/templates/new.yaml", config_map("new"), {"chart", "dated", "told"}),
        ("plain/.argocd-source.yaml", "directory: {recurse: true}\n", {"plain", "dated", "told"}),
        ("jinja/b.yaml", config_map("b"), {"jinja", "dated", "told"}),
    ],
)
def test_a_commit_makes_anew_what_reads_what_it_changes(
    kept: Kept, path: str, text: str, names: set[str]
) -> None:
    kept.render()
    kept.repo.commit({path: text})

    assert kept.render() == names
    assert kept.render() == set()


def test_another_program_or_definition_makes_anew(
    kept: Kept, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    kept.render()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(tools["helm3"])
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"

    assert kept.render(PATH=path) == set(SOURCES)
    assert kept.render(PATH=path) == set()
    assert kept.render() == set()
    kept.repo.commit({"apps/plain.yaml": FILES["apps/plain.yaml"].replace("namespace: shop", "namespace: b")})
    assert "plain" in kept.render()


def test_a_program_that_is_registered_is_known_by_its_version(
    kept: Kept, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    program = tmp_path / "elsewhere" / "kustomize-nine"
    program.parent.mkdir()

    def calls_itself(version: str) -> None:
        answer = f'if [ "$1" = version ]; then echo {version}; else exec {tools["kustomize"]} "$@"; fi'
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{answer}\n")
        program.chmod(0o755)

    calls_itself("v9.0.0")
    source = "source: {repoURL: 'https://e.com/x', path: overlay, kustomize: {version: v9.0.0}}"
    settings = f"data: {{kustomize.path.v9.0.0: {program}}}"
    kept.repo.commit(
        {
            "apps/overlay.yaml": application("overlay", "overlay", source=source),
            "base/a.yaml": config_map("a", a="2"),
            "argocd-cm.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: argocd-cm}}\n{settings}\n",
        }
    )
    kept.render()
    assert kept.render() == set()
    shown = {app.name: app.review for app in kept.look(job=Job.DIFF, base="HEAD~1").applications}
    assert shown["overlay"] is not None
    assert shown["overlay"].tools["kustomize-nine"] == "v9.0.0"

    calls_itself("v9.0.1")
    assert "overlay" in kept.render()


def test_a_secret_and_what_follows_from_nothing_known_are_not_kept(kept: Kept) -> None:
    kept.repo.commit({"plain/s.yaml": secret("hunter2-hunter2"), "chart/Chart.yaml": CHART})
    kept.render()
    assert kept.render() == {"plain"}
    texts = [path.read_bytes() for path in kept.cache.rglob("*") if path.is_file()]
    assert texts
    assert not any(b"hunter2" in text for text in texts)

    key = "k" * 32
    kept.render(SYNCLINE_CACHE_KEY=key)
    assert kept.render(SYNCLINE_CACHE_KEY=key) == set()
    with pytest.raises(UsageError, match="too short"):
        kept.render(SYNCLINE_CACHE_KEY="short")


def test_a_poisoned_entry_is_rendered_again_where_a_key_is_known(kept: Kept) -> None:
    key = "k" * 32
    kept.render(SYNCLINE_CACHE_KEY=key)
    kept.render()  # anybody's, in the clear, over the sealed ones

    assert kept.render(SYNCLINE_CACHE_KEY=key) == set(SOURCES)


def test_no_cache_leaves_nothing_behind(kept: Kept) -> None:
    kept.look(job=Job.RENDER)
    kept.look(job=Job.RENDER)

    assert len(kept.rendered) == len(SOURCES)
    assert not kept.cache.exists()


def test_the_directory_is_for_its_owner_alone(kept: Kept) -> None:
    kept.render()

    modes: Any = {path.stat().st_mode & 0o077 for path in [kept.cache, *kept.cache.rglob("*")]}
    assert modes == {0}
