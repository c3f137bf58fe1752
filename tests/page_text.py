"""What a reader sees of an HTML page: its text without style and script, block by block."""

from __future__ import annotations

from html.parser import HTMLParser

HIDDEN = {"style", "script"}
BLOCKS = {
    "p", "h1", "h2", "h3", "li", "tr", "section", "header", "main", "figure", "figcaption", "ol", "ul", "dl", "dt", "dd", "table",
    "svg", "summary", "text", "title", "desc", "div", "caption",
}  # fmt: skip


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in HIDDEN
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in {"td", "th"}:
            self.parts.append(" | ")

    def handle_endtag(self, tag):
        self.hidden -= tag in HIDDEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data.replace("\n", " "))


def text_of(html: str) -> str:
    """Its visible text, a line a block."""
    parser = _Text()
    parser.feed(html)
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def tags_of(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Its elements with their attributes, in order."""
    parser = _Tags()
    parser.feed(html)
    return parser.found
