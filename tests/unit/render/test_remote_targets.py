"""What the URLs in a Kustomization mean, form by form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.render.remote_targets import Base, Remote, base_of, has_password, is_remote, remote_of, shown
from syncline.render.repositories import normalized_url

HUB = "https://github.com/org/repo"
HOST = "https://git.example.com"

# what is written: the repository, the path in it, the revision
BASES = {
    "github.com/org/repo": (HUB, "", ""),
    "github.com/org/repo?ref=v1.2.3": (HUB, "", "v1.2.3"),
    "github.com/org/repo/deploy/base?ref=v1": (HUB, "deploy/base", "v1"),
    "GitHub.com/org/repo//deploy/": (HUB, "deploy", ""),
    "github.com:org/repo//deploy?ref=v1": (HUB, "deploy", "v1"),
    "http://github.com/org/repo//deploy": (HUB, "deploy", ""),
    "https://github.com/org/repo//deploy?ref=v1&timeout=120&submodules=true": (HUB, "deploy", "v1"),
    "https://github.com/org/repo//deploy?timeout=90s&version=v2": (HUB, "deploy", "v2"),
    "https://github.com/org/repo//deploy?version=v2&ref=v1": (HUB, "deploy", "v1"),
    "https://github.com/org/repo.git/deploy?ref=a%2Fb": (f"{HUB}.git", "deploy", "a/b"),
    "https://github.com/org/repo.git//deploy": (f"{HUB}.git", "deploy", ""),
    "git::https://github.com/org/repo//deploy?ref=v1": (HUB, "deploy", "v1"),
    "git::https://git.example.com/a/b/c.git//deploy": (f"{HOST}/a/b/c.git", "deploy", ""),
    "https://git.example.com/a/b/c.git": (f"{HOST}/a/b/c.git", "", ""),
    "https://git.example.com:8443/a/b//c": ("https://git.example.com:8443/a/b", "c", ""),
    "https://git.example.com/a/b/c/d?ref=x": (f"{HOST}/a/b", "c/d", "x"),
    "https://robot@git.example.com/a/b//c": ("https://robot@git.example.com/a/b", "c", ""),
    "https://org@dev.azure.com/org/project/_git/repo/deploy/base?version=GBmain": (
        "https://org@dev.azure.com/org/project/_git/repo",
        "deploy/base",
        "GBmain",
    ),
    "https://dev.azure.com/org/project/_git/repo?ref=x": (
        "https://dev.azure.com/org/project/_git/repo",
        "",
        "x",
    ),
    "git@github.com:org/repo.git//deploy?ref=v1": ("git@github.com:org/repo.git", "deploy", "v1"),
    "git@github.com/org/repo//deploy": ("git@github.com:org/repo", "deploy", ""),
    "ssh://git@github.com/org/repo//deploy": ("git@github.com:org/repo", "deploy", ""),
    "ssh://github.com/org/repo": ("git@github.com:org/repo", "", ""),
    "git@git.example.com:a/b/c.git/deploy": ("git@git.example.com:a/b/c.git", "deploy", ""),
    "ssh://git@git.example.com:2222/a/b.git//deploy?ref=v1": (
        "ssh://git@git.example.com:2222/a/b.git",
        "deploy",
        "v1",
    ),
    "https://github.com/org/.github//deploy": ("https://github.com/org/.github", "deploy", ""),
    "https://github.com/org/repo//a/../b": (HUB, "b", ""),
}


@pytest.mark.parametrize("written", BASES)
def test_every_form_that_kustomize_documents_names_a_directory_of_a_repository(written: str) -> None:
    assert is_remote(written)
    assert base_of(written) == Base(*BASES[written])


@pytest.mark.parametrize(
    ("said", "fetched"), {"0": False, "false": False, "": True, "1": True, "true": True, "odd": True}.items()
)
def test_submodules_are_left_out_where_the_url_says_so(said: str, fetched: bool) -> None:
    assert base_of(f"{HUB}//a?submodules={said}") == Base(HUB, "a", "", fetched)


NEITHER = (
    "https://github.com/org/repo//../other",
    "github.com/org/repo/../../x",
    "gh:org/repo",
    "www.github.com/org/repo",
    "s3://bucket/org/repo",
    "oci://registry.example.com/org/repo",
    "github.com/org",
    "git@git.example.com",
)


@pytest.mark.parametrize("written", NEITHER)
def test_what_leads_out_of_a_repository_and_what_kustomize_does_not_know_is_nothing(written: str) -> None:
    assert base_of(written) is None


RAW = "https://raw.githubusercontent.com/org/repo/main/a.yaml"
# what is written: whether it may be a file of the web, and a repository
WEB = {
    RAW: (True, False),
    f"{RAW}?token=x": (True, False),
    f"{HUB}/releases/download/v1/install.yaml": (True, False),
    f"{HUB}/releases/latest/download/bundle": (True, True),
    f"{HUB}/raw/main/a.yml": (True, False),
    f"{HUB}/deploy?ref=v1": (False, True),
    f"{HUB}//deploy": (False, True),
    f"{HOST}/a/b.git": (False, True),
    f"{HOST}/a/_git/b": (False, True),
    f"{HOST}/a/b": (True, True),
    f"{HOST}/a": (True, False),
    f"{HOST}/api/projects/1/files/a.json": (True, False),
    "github.com/org/repo": (False, True),
    "git@github.com:org/repo": (False, True),
    "gh:org/repo": (False, False),
}


@pytest.mark.parametrize("written", WEB)
def test_a_url_of_the_web_is_a_file_unless_it_is_marked_as_a_repository(written: str) -> None:
    remote = remote_of(written)

    assert (bool(remote.file), remote.base is not None) == WEB[written]
    assert remote.file in {"", written}


NAMES = st.text("abcxyz019-", min_size=1, max_size=8).map(lambda text: f"n{text}")
PATHS = st.lists(NAMES, max_size=3).map("/".join)
FORMS = (
    "https://{host}/{repo}//{path}{query}",
    "https://{host}/{repo}.git/{path}{query}",
    "https://{host}/{repo}.git//{path}{query}",
    "git::https://{host}/{repo}//{path}{query}",
    "https://{host}/{repo}/{path}{query}",
    "ssh://git@{host}/{repo}//{path}{query}",
    "git@{host}:{repo}.git//{path}{query}",
    "git@{host}:{repo}/{path}{query}",
)


@given(st.sampled_from(["github.com", "git.example.com"]), NAMES, NAMES, PATHS, st.sampled_from(FORMS), NAMES)
def test_in_whatever_form_it_is_written_it_is_the_same_repository_path_and_revision(
    host: str, owner: str, name: str, path: str, form: str, ref: str
) -> None:
    written = form.format(host=host, repo=f"{owner}/{name}", path=path, query=f"?ref={ref}&timeout=3")

    base = base_of(written)

    assert base is not None
    assert normalized_url(base.url) == f"{host}/{owner}/{name}"
    assert (base.path, base.revision) == (path, ref)
    assert remote_of(written).base == base
    assert is_remote(written)


@given(st.text(max_size=40), st.sampled_from(["", "https://", "git::", "git@", "ssh://", "github.com/"]))
def test_no_text_is_too_odd_and_no_path_leads_out(text: str, before: str) -> None:
    for written in (before + text, f"{before}h/o/r//{text}"):
        try:
            remote = remote_of(written)
        except ValueError:
            pytest.fail(f"{written!r} was not answered")
        assert isinstance(remote, Remote)
        if remote.base is not None:
            assert not remote.base.path.startswith(("/", "../"))
            assert remote.base.path != ".."


def test_a_password_is_seen_and_never_shown() -> None:
    assert has_password("https://robot:hunter2@git.example.com/a/b")
    assert has_password("git::https://robot:hunter2@git.example.com/a/b")
    assert not has_password("https://robot@git.example.com/a/b")
    assert not has_password("git@git.example.com:a/b")
    assert shown("https://robot:hunter2@git.example.com/a?token=hunter2") == "https://git.example.com/a"
