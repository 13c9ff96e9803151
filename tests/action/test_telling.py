"""What a step leaves behind: outputs, files, annotations, masks; and nothing smuggled into any of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from action.runner import Step, read_log
from action.site import Site, application, pull_request, push
from e2e.delivery import config_map
from syncline.errors import ExitCode
from syncline.github.workflow import LONGEST_SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

    from action.site import Happening

BROKEN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [}\n"
SMUGGLED = ("::set-output name=outcome::stolen", "::add-mask::a", "##[add-path]/tmp/evil", "::error::planted")


Files = Mapping[str, str | None]


def change(site: Site, files: Files, *, before: Files = MappingProxyType({})) -> Happening:
    """A pull request with these files."""
    start = {"apps/shop.yaml": application("shop"), "shop/all.yaml": config_map("shop", a="1")}
    base = site.repo.commit({**start, **before})
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit(files)
    return pull_request(base, head, site.merged(base, head))


def test_the_outputs_say_what_was_found(site: Site) -> None:
    step = site.step(
        change(site, {"shop/all.yaml": config_map("shop", a="2")}), command="diff", html="out/page.html"
    )

    assert {
        name: step.outputs[name] for name in ("outcome", "changed", "applications", "report", "html")
    } == {
        "outcome": "success",
        "changed": "true",
        "applications": '["shop"]',
        "report": "syncline-diff.json",
        "html": "out/page.html",
    }
    assert step.outputs["summary"].count("\n") == 0
    report = json.loads((site.repo.root / "syncline-diff.json").read_text())
    assert report["applications"][0]["name"] == "shop"
    assert "<html" in (site.repo.root / "out/page.html").read_text()


def test_no_difference_is_said_in_the_outputs(site: Site) -> None:
    step = site.step(change(site, {"README.md": "words\n"}), command="diff")

    assert (step.outputs["outcome"], step.outputs["changed"], step.outputs["applications"]) == (
        "success",
        "false",
        "[]",
    )


def test_what_is_written_belongs_to_whom_the_workspace_belongs(site: Site) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2")})
    os.chown(site.repo.root, 1001, 127)
    # As the image's own configuration of Git says of /github/workspace.
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    site.runner.environ.update(trust)

    step = site.step(happening, command="diff", html="out/deep/page.html")

    assert step.code == ExitCode.OK
    for name in ("syncline-diff.json", "out", "out/deep", "out/deep/page.html"):
        found = (site.repo.root / name).stat()
        assert (found.st_uid, found.st_gid) == (1001, 127), name


def test_a_link_in_the_place_of_a_file_is_replaced_and_its_target_left_alone(
    site: Site, tmp_path: Path
) -> None:
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2")})
    for name in ("syncline-diff.json", "page.html"):
        (tmp_path / name).write_text("untouched")
        (site.repo.root / name).symlink_to(tmp_path / name)

    step = site.step(happening, command="diff", html="page.html")

    assert step.code == ExitCode.OK
    for name in ("syncline-diff.json", "page.html"):
        assert (tmp_path / name).read_text() == "untouched"
        assert not (site.repo.root / name).is_symlink()


def test_a_file_that_cannot_be_written_is_told_and_its_output_is_empty(site: Site) -> None:
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2")})
    (site.repo.root / "page.html").mkdir()

    step = site.step(happening, command="diff", html="page.html")

    assert step.code == ExitCode.GITHUB
    assert "The file page.html cannot be written to the workspace" in step.errors[0].data
    assert step.outputs["html"] == ""
    assert step.outputs["report"] == "syncline-diff.json"
    assert not list(site.repo.root.glob(".syncline-*"))


def _only_ours(step: Step) -> None:
    for log in (step.out, step.err):
        assert {command.name for command in log.commands} <= {"add-mask", "error", "warning", "notice"}
        assert not [command for command in log.commands if command.data in {"a", "planted"}]
    assert step.outputs["outcome"] != "stolen"


@pytest.mark.parametrize("line", SMUGGLED)
def test_a_manifest_that_looks_like_a_command_is_text(site: Site, line: str) -> None:
    text = f"{line}\n"
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"text": text}}
    happening = change(site, {"shop/all.yaml": json.dumps(manifest)})

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.OK
    assert line in step.out.shown
    _only_ours(step)


@pytest.mark.parametrize("line", SMUGGLED)
def test_an_error_that_quotes_a_command_is_text(site: Site, line: str) -> None:
    template = "{{ fail }}{% include '" + f"x\\n{line}" + "' %}\n"
    happening = change(
        site,
        {"shop/all.yaml": None, "shop/new.yaml.j2": template, "apps/cart.yaml": application(f"c\n{line}")},
    )

    step = site.step(happening, command="diff")

    assert step.code != ExitCode.OK
    _only_ours(step)


@pytest.mark.parametrize("line", SMUGGLED)
def test_a_file_that_is_named_like_a_command_is_text(site: Site, line: str) -> None:
    name = line.replace("/", "-")
    happening = change(site, {f"shop/{name}.yaml": BROKEN, f"shop/a\n{name}.yaml": BROKEN})

    step = site.step(happening, command="diff")

    assert step.code == ExitCode.RENDER
    assert step.errors[0].properties["line"]
    _only_ours(step)


def test_errors_stand_at_the_line_a_person_would_edit(site: Site) -> None:
    nameless = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2"), "shop/odd.yaml": nameless})

    step = site.step(happening, command="diff")

    (error,) = step.errors
    assert step.code == ExitCode.RENDER
    assert error.properties["file"] == "shop/odd.yaml"
    assert error.properties["line"] == "2"
    assert "has no metadata.name" in error.data


def test_secrets_are_masked_before_anything_else_is_printed(site: Site) -> None:
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2")})
    kubeconfig = "apiVersion: v1\nkind: Config\nusers:\n- user:\n    token: very-secret-token\n"

    step = site.step(happening, command="diff", kubeconfig=kubeconfig, level="offline")

    first = step.raw.splitlines()[: len(step.out.named("add-mask"))]
    assert all(line.startswith("::add-mask::") for line in first)
    masked = [command.data for command in step.out.named("add-mask")]
    assert site.github.token in masked
    assert "token: very-secret-token" in masked
    everything = "".join([step.summary, *step.outputs.values(), *site.github.comments(7)])
    rest = step.raw.replace("\n".join(first), "")
    assert "very-secret-token" not in everything + rest
    assert site.github.token not in everything + rest


def test_a_kubeconfig_that_is_broken_is_not_quoted(site: Site) -> None:
    before = site.repo.commit({"apps/shop.yaml": application("shop"), "shop/all.yaml": config_map("shop")})

    step = site.step(push("", before), command="status", kubeconfig="users: [very-secret-token\n")

    assert step.code not in {ExitCode.OK, ExitCode.BUG}
    rest = [line for line in step.raw.splitlines() if not line.startswith("::add-mask::")]
    assert "very-secret-token" not in "\n".join(rest)


def test_the_summary_keeps_what_other_steps_wrote_and_the_runners_limit(site: Site) -> None:
    happening = change(site, {"shop/all.yaml": config_map("shop", a="2")})
    environ = site.environ(happening, command="diff")
    earlier = "x" * (LONGEST_SUMMARY - 500)
    (site.runner.folder / "summary").write_text(earlier)

    step = site.runner.run(environ)

    assert step.code == ExitCode.OK
    assert step.summary.startswith(earlier)
    assert len(step.summary.encode()) <= LONGEST_SUMMARY
    assert "The summary was cut here" in step.summary


def test_more_errors_than_github_shows_are_counted(site: Site) -> None:
    names = [f"app-{number:02}" for number in range(15)]
    happening = change(
        site,
        {f"{name}/all.yaml": BROKEN for name in names},
        before={f"apps/{name}.yaml": application(name) for name in names}
        | {f"{name}/all.yaml": config_map(name) for name in names},
    )

    step = site.step(happening, command="diff")

    assert len(step.errors) == 10
    assert step.errors[-1].data == "6 more are in the job summary."


def test_the_reader_of_these_tests_obeys_commands_as_the_runner_does() -> None:
    lines = ["  ::warning file=a%2Cb,line=3::one%0Atwo", "before ##[error]old", "::unknown::text"]
    lines += ["::stop-commands::t0", "::error::no", "##[error]no", "::t0::", "::notice::yes"]

    log = read_log("\n".join(lines))

    assert [(command.name, command.data) for command in log.commands] == [
        ("warning", "one\ntwo"),
        ("error", "old"),
        ("notice", "yes"),
    ]
    assert log.commands[0].properties == {"file": "a,b", "line": "3"}
    assert log.shown == "::unknown::text\n::error::no\n##[error]no"
