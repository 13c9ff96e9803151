"""The pointers of Git LFS."""

from __future__ import annotations

import pytest

from syncline.core.lfs import Pointer, is_pointer, pointer

DIGEST = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
BEGINS = "version https://git-lfs.github.com/spec/v1\n"
WHOLE = f"{BEGINS}oid sha256:{DIGEST}\nsize 12345\n"


@pytest.mark.parametrize(
    "text", [WHOLE, f"{BEGINS}ext-0-foo sha256:{DIGEST}\noid sha256:{DIGEST}\nsize 12345\n"]
)
def test_a_pointer_says_what_it_stands_for(text: str) -> None:
    assert is_pointer(text.encode())
    assert pointer(text.encode()) == Pointer(DIGEST, 12345)


@pytest.mark.parametrize(
    "text",
    [
        f"{WHOLE}a: 1\n",
        WHOLE.removesuffix("\n"),
        WHOLE.replace("sha256", "md5"),
        WHOLE.replace("12345", "-1"),
        WHOLE.upper(),
        BEGINS,
        "",
    ],
)
def test_what_is_not_whole_stands_for_nothing(text: str) -> None:
    assert pointer(text.encode()) is None


def test_a_text_about_pointers_is_none() -> None:
    assert not is_pointer(f"# {WHOLE}".encode())
