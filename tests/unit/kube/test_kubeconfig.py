"""Kubeconfig files are merged and searched as kubectl does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import ClusterError, DocumentError
from syncline.kube.kubeconfig import load, merge, select

HOME = """\
current-context: dev
contexts:
- name: dev
  context: {cluster: home, user: me, namespace: shop}
- name: prod
  context: {cluster: home, user: me}
- name: bare
  context: {cluster: home}
- name: broken
  context: {cluster: nowhere, user: me}
clusters:
- name: home
  cluster: {server: "https://192.0.2.1:6443", certificate-authority: pki/ca.crt}
users:
- name: me
  user: {token: s3cret}
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_default_file_lies_in_the_home_folder(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", HOME)

    assert select(load({}, tmp_path)).context.name == "dev"


def test_the_variable_replaces_the_default(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", HOME)
    other = write(tmp_path / "other", HOME.replace("dev", "stage"))

    assert select(load({"KUBECONFIG": str(other)}, tmp_path)).context.name == "stage"


def test_the_first_file_wins_whole_and_missing_files_are_passed_over(tmp_path: Path) -> None:
    first = write(tmp_path / "1" / "config", "users: [{name: me, user: {tokenFile: token}}]\n")
    second = write(tmp_path / "2" / "config", HOME)
    paths = f"{tmp_path / 'missing'}:{first}::{second}"

    chosen = select(load({"KUBECONFIG": paths}, tmp_path))

    assert chosen.user.text("token") == ""  # not the second file's, although the first one has none
    assert chosen.user.path("tokenFile") == tmp_path / "1" / "token"
    assert chosen.cluster.path("certificate-authority") == tmp_path / "2" / "pki" / "ca.crt"


names = st.text("abc", min_size=1, max_size=2)


@given(st.lists(st.dictionaries(names, st.integers(), max_size=4), min_size=1, max_size=4))
def test_merging_is_taking_the_first_of_each_name(files: list[dict[str, int]]) -> None:
    contents = [
        {"users": [{"name": name, "user": {"token": str(value)}} for name, value in file.items()]}
        for file in files
    ]

    merged = merge(tuple(Path(str(number)) for number in range(len(files))), contents)

    expected = {name: value for file in reversed(files) for name, value in file.items()}
    assert {name: int(entry.text("token")) for name, entry in merged.users.items()} == expected
    assert all(files[int(entry.file.name)][name] == expected[name] for name, entry in merged.users.items())


@pytest.mark.parametrize(
    ("context", "message", "remedy"),
    [
        (
            "prd",
            'The kubeconfig has no context "prd".',
            'Did you mean "prod"? It has: bare, broken, dev, prod.',
        ),
        ("xyz", 'The kubeconfig has no context "xyz".', "It has: bare, broken, dev, prod."),
        ("broken", 'The kubeconfig has no cluster "nowhere".', "It has: home."),
    ],
)
def test_an_unknown_name_is_told_with_those_there_are(
    context: str, message: str, remedy: str, tmp_path: Path
) -> None:
    config = load({"KUBECONFIG": str(write(tmp_path / "config", HOME))}, tmp_path)

    with pytest.raises(ClusterError) as caught:
        select(config, context)

    assert (caught.value.message, caught.value.remedy) == (message, remedy)
    assert str(caught.value.place) == str(tmp_path / "config")


def test_without_a_current_context_none_is_chosen_silently(tmp_path: Path) -> None:
    write(tmp_path / "config", HOME.replace("current-context: dev", ""))

    with pytest.raises(ClusterError, match="no current-context, so no cluster is chosen") as caught:
        select(load({"KUBECONFIG": str(tmp_path / "config")}, tmp_path))
    assert caught.value.remedy == "Name one of its contexts: bare, broken, dev, prod."


def test_no_file_at_all_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"\.kube/config does not exist\. Set KUBECONFIG"):
        load({}, tmp_path)
    named = f"{tmp_path}{os.pathsep}{tmp_path / 'none'}"
    with pytest.raises(ClusterError, match=f"{tmp_path} is no file, {tmp_path / 'none'} does not exist"):
        load({"KUBECONFIG": named}, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words\n", "users: {me: {token: s3cret}}\n", "users: [s3cret]\n"]
)
def test_what_is_no_kubeconfig_is_told_without_its_contents(text: str, tmp_path: Path) -> None:
    write(tmp_path / "config", text)

    with pytest.raises(ClusterError, match="This is not a kubeconfig") as caught:
        load({"KUBECONFIG": str(tmp_path / "config")}, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_broken_yaml_is_told_with_its_line_and_without_its_contents(tmp_path: Path) -> None:
    write(tmp_path / "config", 'users:\n- name: me\n  user: {token: "s3cret\n')

    with pytest.raises(DocumentError) as caught:
        load({"KUBECONFIG": str(tmp_path / "config")}, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'config'}:3: ")
    assert "s3cret" not in str(caught.value)


def test_a_field_of_the_wrong_type_is_told_by_name(tmp_path: Path) -> None:
    write(tmp_path / "config", HOME.replace("s3cret", "12345"))
    chosen = select(load({"KUBECONFIG": str(tmp_path / "config")}, tmp_path))

    with pytest.raises(ClusterError, match='"token" of "me" in the kubeconfig is not text') as caught:
        chosen.user.text("token")
    assert "12345" not in str(caught.value)


def test_no_repr_shows_a_token(tmp_path: Path) -> None:
    config = load({"KUBECONFIG": str(write(tmp_path / "config", HOME))}, tmp_path)

    assert "s3cret" not in f"{config!r}{select(config)!r}"
