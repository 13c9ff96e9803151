"""Which commit a targetRevision means."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.git_refs import RevisionError, refs_of, target_of

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
REFS = {
    "HEAD": A,
    "refs/heads/main": A,
    "refs/heads/both": B,
    "refs/heads/x": A,
    "refs/tags/both": C,
    "refs/tags/v1.0.0": A,
    "refs/tags/v1.2.0": B,
    "refs/tags/v1.10.0": C,
    "refs/tags/v2.0.0-rc.1": D,
    "refs/tags/web/1.0.0": C,
    "refs/tags/web/1.1.0": D,
    "refs/tags/no-version": A,
    "refs/pull/7/head": D,
}

# asked, prefix: SHA, name
FOUND = {
    ("", ""): (A, "HEAD"),
    ("HEAD", ""): (A, "HEAD"),
    ("main", ""): (A, "refs/heads/main"),
    ("x", ""): (A, "refs/heads/x"),
    ("both", ""): (B, "refs/heads/both"),
    ("refs/tags/both", ""): (C, "refs/tags/both"),
    ("v1.2.0", ""): (B, "refs/tags/v1.2.0"),
    ("pull/7/head", ""): (D, "refs/pull/7/head"),
    ("v1.*", ""): (C, "refs/tags/v1.10.0"),
    ("1.x", ""): (C, "refs/tags/v1.10.0"),
    ("~1.2", ""): (B, "refs/tags/v1.2.0"),
    (">=1.0 <1.5", ""): (B, "refs/tags/v1.2.0"),
    ("*", ""): (C, "refs/tags/v1.10.0"),
    ("^1.0", "web/"): (D, "refs/tags/web/1.1.0"),
    ("1.0.*", "web/"): (C, "refs/tags/web/1.0.0"),
    (D, ""): (D, ""),
}
MISSING = {
    ("nowhere", ""): "'nowhere' is no branch, tag or commit there",
    ("3.*", ""): "'3.*' fits none of the 8 tags there",
    ("main", "web/"): "'main' is no range of versions, which the tagPrefix 'web/' needs",
    ("", "web/"): "'HEAD' is no range of versions",
    ("abcdef", ""): "'abcdef' is no branch",
    ("v1.3.0", ""): "'v1.3.0' is no branch",
}


@pytest.mark.parametrize("asked", FOUND)
def test_a_revision_is_found_as_argo_cd_finds_it(asked: tuple[str, str]) -> None:
    target = target_of(asked[0], REFS, asked[1])

    assert (target.sha, target.name) == FOUND[asked]
    assert not target.is_short


@pytest.mark.parametrize("asked", MISSING)
def test_a_revision_that_is_not_there_is_told_with_why(asked: tuple[str, str]) -> None:
    with pytest.raises(RevisionError) as caught:
        target_of(asked[0], REFS, asked[1])

    assert MISSING[asked] in str(caught.value)


def test_seven_digits_of_a_sha_are_looked_for_unless_a_reference_is_called_so() -> None:
    assert target_of("abcdef0", REFS).is_short
    named = {**REFS, "refs/heads/abcdef0": B}
    assert (target_of("abcdef0", named).sha, target_of("abcdef0", named).is_short) == (B, False)


def test_an_annotated_tag_is_the_commit_it_points_to() -> None:
    text = f"{A}\tHEAD\n{B}\trefs/tags/v1\n{C}\trefs/tags/v1^{{}}\nwarning: nonsense\n"

    assert refs_of(text) == {"HEAD": A, "refs/tags/v1": C}


@given(st.text(), st.text(max_size=8))
def test_whatever_is_asked_there_is_one_answer_or_a_sentence(asked: str, prefix: str) -> None:
    with suppress(RevisionError):
        assert target_of(asked, REFS, prefix).sha
