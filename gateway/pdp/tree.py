"""Ways through a syntax tree as regorus gives it: each node is ``{"Kind": {"span": ..., ...}}``."""

from collections.abc import Iterator, Sequence

from gateway.domain import JsonObject, JsonValue

CLOSURES = frozenset({"ArrayCompr", "SetCompr", "ObjectCompr", "Every"})
"""What has variables of its own."""


_QUOTES = (b'"', b"`")


def nodes(tree: JsonValue, *, closures: bool = True) -> Iterator[tuple[str, JsonObject]]:
    """Every node at and below ``tree`` with its kind; without ``closures``, none below one of those."""
    if isinstance(tree, list):
        for each in tree:
            yield from nodes(each, closures=closures)
    elif isinstance(tree, dict):
        for kind, body in tree.items():
            inner = kind[:1].isupper() and isinstance(body, dict)
            if inner and isinstance(body, dict):
                yield kind, body
            if closures or kind not in CLOSURES:
                yield from nodes(body, closures=closures)


def statements(tree: JsonValue) -> Iterator[JsonObject]:
    """Every statement at and below ``tree``, those of closures included."""
    children = tree if isinstance(tree, list) else tree.values() if isinstance(tree, dict) else ()
    if isinstance(tree, dict) and "literal" in tree:
        yield tree
    for child in children:
        yield from statements(child)


def place(body: JsonValue) -> tuple[int, int]:
    """Line and column of a node's body, or of a bare span."""
    span = body.get("span", body) if isinstance(body, dict) else None
    if not isinstance(span, dict) or "line" not in span:
        return 0, 0
    return int(str(span["line"])), int(str(span["col"]))


def text_of(body: JsonValue, source: bytes) -> str:
    """What stands in the source where a node, or a bare span, is."""
    span = body.get("span", body) if isinstance(body, dict) else None
    if not isinstance(span, dict):
        return ""
    start, end = int(str(span["start"])), int(str(span["end"]))
    # The span of a text, and of what begins or ends with one, leaves out its quotes.
    start -= source[start - 1 : start] in _QUOTES
    end += source[end : end + 1] in _QUOTES
    return source[start:end].decode()


def only(node: JsonValue) -> tuple[str, JsonObject]:
    """Kind and body of a node; an empty kind for anything that is none."""
    if isinstance(node, dict):
        for kind, body in node.items():
            if kind[:1].isupper() and isinstance(body, dict):
                return kind, body
    return "", {}


def objects(values: JsonValue) -> Sequence[JsonObject]:
    """The objects of a list; none of anything else."""
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def name_of(node: JsonValue) -> str:
    """The name of a variable; empty for any other node."""
    kind, body = only(node)
    return str(body["value"]) if kind == "Var" else ""


def variables(pattern: JsonValue) -> Iterator[str]:
    """The variables that a pattern gives values to: itself, or those in an array or in an object's values."""
    kind, body = only(pattern)
    if kind == "Var":
        yield str(body["value"])
    elif kind == "Array":
        items = body["items"]
        for item in items if isinstance(items, list) else []:
            yield from variables(item)
    elif kind == "Object":
        fields = body["fields"]
        for field in fields if isinstance(fields, list) else []:
            # A field is its place, its key and its value.
            yield from variables(field[2] if isinstance(field, list) else None)
