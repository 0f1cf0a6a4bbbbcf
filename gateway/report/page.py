"""One HTML file that loads nothing: readable on paper, in light and dark, by eye and by screen reader."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.report.markup import Child, Markup, joined, tag
from gateway.report.plots import stylesheet

# Nothing is fetched, run or sent by a page, wherever it is opened.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page; ``name`` is what links lead to."""

    name: str
    title: str
    body: Markup


def page(title: str, lead: Markup, sections: Sequence[Section]) -> bytes:
    """The whole page with its table of contents."""
    links = [tag("li", tag("a", each.title, href=f"#{each.name}")) for each in sections]
    parts = [
        tag("section", tag("h2", each.title, id=f"{each.name}-title"), each.body, id=each.name,
            aria_labelledby=f"{each.name}-title")
        for each in sections
    ]  # fmt: skip
    contents = tag("nav", tag("ol", *links), aria_label="Contents")
    body = tag("body", tag("header", tag("h1", title), lead), contents, tag("main", *parts))
    return f"<!DOCTYPE html>\n{tag('html', _head(title), body, lang='en')}\n".encode()


def paragraphs(*texts: str) -> Markup:
    """Each text as a paragraph."""
    return joined(tag("p", text) for text in texts)


def facts(rows: Sequence[tuple[str, Child]]) -> Markup:
    """Names with what each is, side by side."""
    return tag("dl", *(tag(kind, each) for row in rows for kind, each in zip(("dt", "dd"), row, strict=True)),
               class_="facts")  # fmt: skip


def bullets(texts: Sequence[str]) -> Markup:
    """Each text as a point of a list."""
    return tag("ul", *(tag("li", text) for text in texts))


def _head(title: str) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        # Style is ours and holds no closing tag; escaped it would not be style.
        tag("style", Markup(stylesheet())),
    )
