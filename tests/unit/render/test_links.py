"""Links: what is cheaper to ask is the same as what is asked of the whole path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncline.render.links import Mirror, real, real_in

if TYPE_CHECKING:
    from pathlib import Path

# what a path is made of, below a root in which each of these is there
PARTS = ("a", "file", "in", "out", "up", "circle", "gone", "dangling", "..", "..odd", "a/deep")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with links of every kind, in one that has a way back into it."""
    top = tmp_path / "root"
    (top / "a" / "deep").mkdir(parents=True)
    for name in ("file", "a/file", "a/deep/file", "..odd"):
        (top / name).write_text("x")
    (top / "in").symlink_to("a/deep")
    (top / "out").symlink_to("/usr/bin")
    (top / "up").symlink_to("..")
    (top / "circle").symlink_to("circle")
    (top / "dangling").symlink_to("a/nothing")
    (top / "a" / "in").symlink_to("../in")
    (tmp_path / "a").symlink_to("root/a")
    return top.resolve()


@pytest.mark.parametrize("first", PARTS)
@pytest.mark.parametrize("second", ["", *PARTS])
@pytest.mark.parametrize("third", ["", "in", "..", "file"])
def test_below_a_real_root_only_what_lies_between_has_to_be_looked_at(
    first: str, second: str, third: str, root: Path
) -> None:
    path = root.joinpath(*filter(None, (first, second, third)))

    assert real_in(root, path) == real(path)


def test_what_is_not_below_the_root_is_looked_at_as_a_whole(root: Path) -> None:
    beside = root.with_name("root-2")
    beside.symlink_to(root)

    for path in (root, root.parent, root.parent / "a", beside, beside / "in", root / ".." / "a"):
        assert real_in(root, path) == real(path)


def test_where_there_can_be_no_second_name_a_copy_is_the_same_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    program = root / "a" / "file"
    program.chmod(0o755)
    monkeypatch.setattr("os.link", refuse)

    Mirror(root, tmp_path / "copy").add_all([program, root / "in"])

    twin = tmp_path / "copy" / "a" / "file"
    assert twin.read_text() == "x"
    assert twin.stat().st_mode == program.stat().st_mode
    assert not twin.samefile(program)
    assert (tmp_path / "copy" / "in").is_dir()
