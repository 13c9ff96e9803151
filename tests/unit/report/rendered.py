"""Markdown as GitHub's parser reads it, and what of it is structure."""

from __future__ import annotations

from html.parser import HTMLParser

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_VOID = {"br", "hr", "img"}


def html_of(page: str) -> str:
    """The page as HTML."""
    return str(_PARSER.render(page))


class Structure(HTMLParser):
    """The tags of a page in their order, and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.is_balanced = True
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)
        if tag not in _VOID and tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_balanced &= bool(self.open) and self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.words += data


def structure_of(page: str) -> Structure:
    """What GitHub would make of a page."""
    return Structure(html_of(page))
