"""Whose signature counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.project import SignaturePolicy
from syncline.core.signatures import SignedCommit, objection, policy_for

LONG = "D56C4FCA57A46444"
FINGERPRINT = f"0123456789ABCDEF01234567{LONG}"
SSH = "SHA256:abcdefghijklmnopqrstuvwxyz"

# status, keys of the commit, keys of the project: what is said
SAID = {
    ("G", (LONG, FINGERPRINT), (LONG,)): "",
    ("U", (LONG, FINGERPRINT), (FINGERPRINT,)): "",
    ("U", (LONG, FINGERPRINT), (LONG.lower(),)): "",
    ("U", (LONG, FINGERPRINT), (f"0x{LONG}",)): "",
    ("G", (SSH,), (SSH,)): "",
    ("G", ("SUBKEY0123456789", FINGERPRINT), (FINGERPRINT,)): "",
    ("N", (), (LONG,)): "is not signed",
    ("B", (LONG,), (LONG,)): "has a signature that does not fit it",
    ("E", (LONG,), (LONG,)): f"is signed with the key {LONG}, which is not under signing",
    ("E", (), (LONG,)): "is signed with a key that is not under signing",
    ("U", (SSH,), (SSH,)): f"is signed with the key {SSH}, which is not under signing",
    ("X", (LONG,), (LONG,)): "has a signature that has expired",
    ("Y", (LONG,), (LONG,)): "is signed with a key that has expired",
    ("R", (LONG,), (LONG,)): "is signed with a key that was revoked",
    ("G", (LONG,), ()): f"is signed with the key {LONG}, which the project does not list",
    (
        "G",
        (LONG, FINGERPRINT),
        ("57A46444",),
    ): f"is signed with the key {LONG}, which the project does not list",
    ("G", (SSH,), (SSH[:-1],)): f"is signed with the key {SSH}, which the project does not list",
}


@pytest.mark.parametrize("case", SAID)
def test_a_commit_is_trusted_by_a_key_that_is_given_and_listed(
    case: tuple[str, tuple[str, ...], tuple[str, ...]],
) -> None:
    status, keys, listed = case

    assert objection(SignedCommit("a" * 40, status, keys), listed) == SAID[case]


@given(st.sampled_from("NBEXYR?"), st.lists(st.text(min_size=1)), st.lists(st.text()))
def test_what_cannot_be_checked_is_never_trusted(status: str, keys: list[str], listed: list[str]) -> None:
    assert objection(SignedCommit("a" * 40, status, tuple(keys)), listed)


def test_the_first_policy_for_a_repository_counts() -> None:
    quiet = SignaturePolicy("sourceIntegrity", ("https://github.com/acme/docs",), mode="none")
    loud = SignaturePolicy("sourceIntegrity", ("https://github.com/acme/*",), mode="strict")
    policies = (quiet, loud)

    assert policy_for("https://github.com/acme/docs.git", policies) is quiet
    assert policy_for("https://github.com/Acme/deploy", policies) is loud
    assert policy_for("https://github.com/acme/sub/deploy", policies) is None
    assert policy_for("https://elsewhere.example/x", (SignaturePolicy("signatureKeys"),)) is not None
