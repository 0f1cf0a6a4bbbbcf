"""HTML and SVG that are safe to show whatever stands in them: text is escaped where it is put in."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "rect", "line", "circle", "path", "polyline"})


class Markup(str):
    """Markup that is whole and safe as it stands."""

    __slots__ = ()


Attribute: TypeAlias = str | float
Child: TypeAlias = "str | Markup"


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """One element; a child that is no Markup is text. ``text_anchor`` is text-anchor, ``class_`` class."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"' for key, value in attributes.items()
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Several pieces, one behind the other."""
    return Markup(
        "".join(each if isinstance(each, Markup) else escape(each, quote=False) for each in children)
    )


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Child]], numbers: int = 0) -> Markup:
    """A table with a caption; the last ``numbers`` columns are set to the right."""
    first_number = len(head) - numbers

    def cell(kind: str, place: int, child: Child, **more: str) -> Markup:
        return tag(kind, child, **({"class_": "number"} if place >= first_number else {}), **more)

    top = tag("tr", *(cell("th", place, name, scope="col") for place, name in enumerate(head)))
    body = [
        tag(
            "tr",
            cell("th", 0, row[0], scope="row"),
            *(cell("td", at, each) for at, each in enumerate(row[1:], 1)),
        )
        for row in rows
    ]
    whole = tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body))
    # Wide tables scroll by themselves; the page never does. Focusable, so that a keyboard can scroll them.
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _text(value: Attribute) -> str:
    """Numbers to a hundredth and without trailing zeros, so that the same figure gives the same bytes."""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
