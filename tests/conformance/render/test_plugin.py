"""Config management plugins do what Argo CD's sidecars do, in a copy, apart from everything else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from conformance.render.kitchen import APP, OURS, REVISION, application, config_map, planted, served, tree
from conformance.render.test_clean_room import canary
from syncline.config.source_plugin import PluginFile, decode
from syncline.errors import NOWHERE, ConfigError, ExitCode, SynclineError
from syncline.process import can_confine
from syncline.render import Checkout, RenderOptions, render
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from syncline.config.source_plugin import SourcePlugin

SECRET = "hunter2"
PLUGIN = """\
apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {name: maker}
spec:
"""


ENTRY = PluginFile("plugins/maker.yaml", kube_version="1.33.1", api_versions=("v1", "apps/v1"))


def plugin(spec: str, entry: PluginFile = ENTRY) -> SourcePlugin:
    text = PLUGIN + "".join(f"  {line}\n" for line in spec.splitlines())
    return decode(entry, text.encode())


def shell(script: str, more: str = "", entry: PluginFile = ENTRY) -> SourcePlugin:
    return plugin(f"generate:\n  command: [sh, -c]\n  args:\n  - |\n{_deep(script)}\n{more}", entry)


def _deep(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def made(
    root: Path,
    plugins: Sequence[SourcePlugin],
    room: Room,
    options: str = "plugin: {name: maker}",
    *,
    strangers: bool = False,
    hidden: tuple[Path, ...] = (),
) -> str:
    given = RenderOptions(room, OURS, plugins=tuple(plugins), for_strangers=strangers, hidden=hidden)
    try:
        return served(render(application(APP % options), Checkout(root, REVISION), given))
    except SynclineError as error:
        return f"{int(error.exit_code)} {error}"


OBJECT = "echo 'apiVersion: v1'; echo 'kind: ConfigMap'; echo 'metadata: {name: made}'; echo 'data:'\n"
EVERY_VARIABLE = "env | grep -E '^(ARGOCD_|PARAM_|KUBE_|HOME=|CANARY|GITHUB)' | sort | sed 's/^/    /'\n"
PARAMETERS = (
    "plugin: {name: maker, env: [{name: STAGE, value: 'x-$ARGOCD_APP_NAME'}], parameters: "
    "[{name: values-files, array: [a, b]}, {name: image, map: {tag: '1', pull-policy: Never}}, {name: one, "
    "string: s}]}"
)


def test_a_plugin_prepares_and_generates_with_the_variables_argo_cd_documents(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", SECRET)
    root = planted(tree(tmp_path), {"app/in.txt": "here"})
    say = (
        OBJECT + "echo \"  init: $(cat prepared)\"\necho '  env: |'\n" + EVERY_VARIABLE.replace("# ", "    ")
    )

    answer = made(root, [shell(say, "init: {command: [sh, -c, 'cp in.txt prepared']}")], room, PARAMETERS)

    assert "init: here" in answer
    for line in (
        "ARGOCD_APP_NAME=web",
        "ARGOCD_APP_NAMESPACE=shop",
        f"ARGOCD_APP_REVISION={REVISION}",
        "ARGOCD_APP_SOURCE_PATH=app",
        "ARGOCD_ENV_STAGE=x-web",
        "KUBE_API_VERSIONS=v1,apps/v1",
        "KUBE_VERSION=1.33.1",
        "PARAM_IMAGE_PULL_POLICY=Never",
        "PARAM_IMAGE_TAG=1",
        "PARAM_ONE=s",
        "PARAM_VALUES_FILES_0=a",
        "PARAM_VALUES_FILES_1=b",
        LISTED,
    ):
        assert f"    {line}\n" in answer, line
    assert SECRET not in answer
    assert os.environ["HOME"] not in answer
    assert not (root / "app/prepared").exists()
    assert [path.name for path in root.parent.iterdir()] == ["tree"]


LISTED = (
    'ARGOCD_APP_PARAMETERS=[{"name":"values-files","array":["a","b"]},'
    '{"name":"image","map":{"tag":"1","pull-policy":"Never"}},{"name":"one","string":"s"}]'
)
DISCOVERS = {
    "a file name": "discover: {fileName: './sub/*.cue'}",
    "a glob": "discover: {find: {glob: '**/x.cue'}}",
    "a program": "discover: {find: {command: [sh, -c, 'find . -name \"*.cue\"']}}",
}
MISSES = {
    "a file name": "discover: {fileName: '*.cue'}",
    "a glob": "discover: {find: {glob: '**/y.cue'}}",
    "a program that says nothing": "discover: {find: {command: ['true']}}",
    "a program that fails": "discover: {find: {command: [sh, -c, 'echo yes; exit 1']}}",
    "nothing": "",
}
FILES: dict[str, str | bytes] = {"app/sub/x.cue": "", "app/plain.yaml": config_map("plain")}


@pytest.mark.parametrize("name", DISCOVERS)
def test_a_plugin_that_finds_its_files_takes_a_source_without_a_block(
    name: str, room: Room, tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), FILES)
    maker = shell(OBJECT + "echo '  a: b'", DISCOVERS[name])

    assert "name: made" in made(root, [maker], room, "")
    assert "name: made" in made(root, [maker], room, "plugin: {}")
    # A block of another tool decides before anything is discovered.
    assert "name: plain" in made(root, [maker], room, "directory: {include: '*.yaml'}")


@pytest.mark.parametrize("name", MISSES)
def test_a_plugin_that_finds_nothing_leaves_the_source_alone(name: str, room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), FILES)
    maker = shell(OBJECT + "echo '  a: b'", MISSES[name])

    assert "name: plain" in made(root, [maker], room, "")
    assert "No plugin finds its files here" in made(root, [maker], room, "plugin: {}")
    named = made(root, [maker], room)
    assert ("name: made" if name == "nothing" else "does not find its files in app") in named


def test_a_version_is_part_of_the_name_and_an_unknown_name_is_told_with_those_there_are(
    room: Room, tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), FILES)
    maker = shell(OBJECT + "echo '  a: b'", "version: v1.2")

    assert "name: made" in made(root, [maker], room, "plugin: {name: maker-v1.2}")
    assert made(root, [maker], room).startswith(
        f"{int(ExitCode.RENDER)} apps/web.yaml:1: The plugin 'maker' is not known (known: jinja2, maker-v1.2"
    )


def test_parameters_that_are_not_announced_or_are_missing_are_warned_of(room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), FILES)
    announced = (
        "parameters:\n  static: [{name: one, title: One}, {name: two, required: true, string: x}]\n"
        '  dynamic: {command: [sh, -c, \'echo "[{\\"name\\": \\"image\\", \\"required\\": false}]"\']}'
    )
    maker = shell(OBJECT + "echo '  a: b'", announced)

    answer = made(root, [maker], room, PARAMETERS)

    assert answer.startswith(
        "# warning: apps/web.yaml:1: the plugin maker does not announce the parameter values-files.\n"
        "# warning: apps/web.yaml:1: the plugin maker needs the parameter two, which is not given.\n"
    )


def test_files_of_the_repository_cannot_be_started_unless_their_modes_are_kept(
    room: Room, tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), {"app/go.sh": f"#!/bin/sh\n{OBJECT}echo '  a: b'\n"})
    (root / "app/go.sh").chmod(0o755)

    assert "Permission denied" in made(root, [plugin("generate: {command: [./go.sh]}")], room)
    kept = plugin("preserveFileMode: true\ngenerate: {command: [./go.sh]}")
    assert "name: made" in made(root, [kept], room)


# what the program does: what is said
FAILS = {
    "it fails": ("echo broken >&2; exit 3", "4 app: The plugin maker (generate) failed: broken"),
    "no YAML": ("echo 'kind: ['", "4 app: What it renders to is broken in line 1"),
    "no object": ("echo hello", "4 app: A Kubernetes object must be a map."),
    "it never ends": ("sleep 60", "6 app: sh did not finish within 1 seconds."),
    "it prints too much": ("yes", "6 app: sh printed more than 1 MiB."),
    "it floods the errors": ("yes x >&2", "6 app: sh did not finish within 1 seconds."),
}


@pytest.mark.parametrize("name", FAILS)
def test_a_plugin_that_fails_is_told_in_a_sentence(name: str, room: Room, tmp_path: Path) -> None:
    script, says = FAILS[name]
    root = planted(tree(tmp_path), FILES)

    answer = made(root, [shell(script)], replace(room, seconds=1, max_output=1024 * 1024))

    assert answer.startswith(says), answer
    assert str(tmp_path) not in answer


def test_a_program_that_is_not_there_is_named(room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), FILES)

    answer = made(root, [plugin("generate: {command: [no-such-program]}")], room)

    assert "4 app: The plugin maker (generate) failed: failed to execute no-such-program" in answer


NOSY = """\
echo 'apiVersion: v1'; echo 'kind: ConfigMap'; echo 'metadata: {name: made}'; echo 'data:'; echo '  found: |'
(
  cat SECRETS/token SECRETS/../file-with-token
  umount SECRETS; cat SECRETS/token
  cat /proc/*/environ | tr '\\0' '\\n' | grep CANARY
  umount /proc; cat /proc/*/environ | tr '\\0' '\\n' | grep CANARY
  python3 -c "import urllib.request as u; print(u.urlopen('URL', timeout=2).read())"
  python3 -c "import socket; socket.create_connection(('127.0.0.1', PORT), 2); print('REACHED')"
  ls SECRETS; id -u
  ls /proc | grep -c '^[0-9]'
) 2>/dev/null | sed 's/^/    /'
"""


@pytest.mark.skipif(not can_confine(Room()), reason="no user namespaces")
def test_a_plugin_that_looks_for_credentials_and_for_the_network_finds_neither(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", SECRET)
    secrets = tmp_path / "secrets"
    planted(tmp_path, {"secrets/token": SECRET, "file-with-token": SECRET})
    root = planted(tree(tmp_path), FILES)
    with canary() as (url, visits):
        port = url.rpartition(":")[2]
        script = NOSY.replace("SECRETS", str(secrets)).replace("URL", url).replace("PORT", port)
        answer = made(root, [shell(script)], room, hidden=(secrets, tmp_path / "file-with-token"))

    assert SECRET not in answer
    assert "REACHED" not in answer
    assert visits == []
    assert f"    {os.geteuid()}\n" in answer
    assert (secrets / "token").read_text() == SECRET


def test_a_plugin_may_have_the_network_where_the_settings_say_so(room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), FILES)
    script = OBJECT + "python3 -c \"import urllib.request as u; u.urlopen('URL')\"\necho '  a: b'"
    with canary() as (url, visits):
        answer = made(
            root, [shell(script.replace("URL", f"{url}/x"), entry=replace(ENTRY, network=True))], room
        )

    assert "name: made" in answer, answer
    assert visits == ["/x"]


def test_nobody_outside_has_a_plugin_run_unless_the_settings_say_so(room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), FILES)
    script, find = OBJECT + "echo '  a: b'", DISCOVERS["a program"]

    refused = "The plugin maker is not run for a change by somebody who may not write here."
    assert refused in made(root, [shell(script)], room, strangers=True)
    # Asking its program whether it wants the source would be running it.
    assert refused in made(root, [shell(script, find)], room, "", strangers=True)
    assert "name: made" in made(
        root, [shell(script, find, replace(ENTRY, forks=True))], room, "", strangers=True
    )


def test_a_link_that_leads_out_stops_a_plugin_before_it_starts(room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), {**FILES, "elsewhere/x": "-> /etc/passwd"})

    assert "elsewhere/x: The symbolic link leads out of the repository." in made(
        root, [shell("cat ../elsewhere/x")], room
    )


BROKEN = {
    "no generate": ("spec: {init: {command: [x]}}", "needs spec.generate.command"),
    "another kind": ("kind: Plugin", "kind must be ConfigManagementPlugin"),
    "no name": ("metadata: {}", "needs metadata.name"),
    "credentials": (
        "spec: {provideGitCreds: true, generate: {command: [x]}}",
        "asks for Git credentials (provideGitCreds), and no plugin is given any",
    ),
    "a text for a list": ("spec: {generate: {command: make}}", "spec.generate.command must be a list"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_definition_that_cannot_be_used_is_an_error_at_its_line(name: str) -> None:
    line, says = BROKEN[name]
    field = line.partition(":")[0]
    whole = {
        "apiVersion": "apiVersion: argoproj.io/v1alpha1",
        "kind": "kind: ConfigManagementPlugin",
        "metadata": "metadata: {name: x}",
        "spec": "spec: {generate: {command: [x]}}",
        field: line,
    }

    with pytest.raises(ConfigError, match="plugin") as caught:
        decode(PluginFile("plugins/x.yaml"), "\n".join(whole.values()).encode())

    assert says in caught.value.message
    assert caught.value.place is not NOWHERE
