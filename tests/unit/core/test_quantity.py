from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.quantity import canonical, parse_quantity, same_quantity

numbers = st.decimals("-99999", "99999", places=3).map(str)
suffixes = st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "e3", "E2", "e-1"])
quantities = st.builds(str.__add__, numbers, suffixes)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", "1"),
        ("+1", "1"),
        ("-1.5", "-1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("100m", "0.1"),
        ("1n", "0.000000001"),
        ("1u", "0.000001"),
        ("2k", "2000"),
        ("1M", "1000000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1Ei", "1152921504606846976"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-3", "0.012"),
        ("0.1n", "0.000000001"),
        ("-0.1n", "-0.000000001"),
        ("100E", str(2**63 - 1)),
        ("-1e999", str(1 - 2**63)),
    ],
)
def test_a_quantity_is_read_exactly_rounded_to_nano_and_capped(text: str, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "m", "1 Gi", "1gi", "1K", "ten", "1e", "1.2.3", "0x10", "1mi", "--1", "1e3m", "١"]
)
def test_what_is_no_quantity_is_not_read_as_one(text: str) -> None:
    assert parse_quantity(text) is None
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1000m", "1"),
        (1, "1"),
        (0.5, "500m"),
        ("1024Mi", "1Gi"),
        ("1e3", "1k"),
        ("0.1", "100m"),
        ("0", "0Mi"),
    ],
)
def test_two_spellings_of_one_amount_are_the_same(one: object, other: object) -> None:
    assert same_quantity(one, other)


@pytest.mark.parametrize(("one", "other"), [("1G", "1Gi"), (True, "1"), ("a", "a"), (None, None), ("1", [1])])
def test_other_amounts_and_other_things_are_not(one: object, other: object) -> None:
    assert not same_quantity(one, other)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("1000m", "1"),
        (1, "1"),
        (0.5, "500m"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("0.5Gi", "512Mi"),
        ("1500Mi", "1500Mi"),
        ("1000", "1k"),
        ("1100", "1100"),
        ("100000", "100k"),
        ("1e3", "1e3"),
        ("1000e3", "1e6"),
        ("512Ki", "512Ki"),
        ("0.5Ki", "512"),
        ("0.0005Gi", "536870912m"),
        ("0Mi", "0"),
        ("-1024Ki", "-1Mi"),
        ("1.5", "1500m"),
    ],
)
def test_a_quantity_is_spelled_as_the_server_spells_it(text: object, spelled: str) -> None:
    assert canonical(text) == spelled


@given(quantities)
def test_the_spelling_of_the_server_is_the_same_amount_and_its_own_spelling(text: str) -> None:
    assert same_quantity(canonical(text), text)
    assert canonical(canonical(text)) == canonical(text)
