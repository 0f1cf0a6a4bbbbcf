"""Lays out a module as ``opa fmt`` does, as far as white space, line breaks and commas go.

It leaves alone what that writes otherwise in meaning's place (redundant brackets, ``x["y"]`` for ``x.y``), so
what ``opa fmt`` has written it keeps, and its own output it keeps. The syntax tree stays the same; a text for
which it would not is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.layout.breaking import broken
from gateway.pdp.layout.lines import Line, lines_of
from gateway.pdp.rego import Module
from gateway.pdp.syntax import read_tree
from gateway.pdp.tokens import read_tokens

_PLACES = frozenset({"span", "eidx", "sidx", "qidx", "num_expressions", "num_statements", "num_queries"})


class MeaningLost(Exception):
    """The laid out text would mean something else: a fault of ours, so nothing is written."""


def formatted(module: Module) -> str:
    """The text of a module, laid out; raises ``RegoError`` if it does not parse, or ``MeaningLost``."""
    before = read_tree(module)
    chunks = [*_chunks(list(lines_of(broken(list(read_tokens(module.text))))))]
    text = "".join(_written(_with_sorted_imports(chunks)))
    if not same_meaning(before, read_tree(Module(module.path, text))):
        raise MeaningLost(module.path)
    return text


def same_meaning(one: JsonObject, other: JsonObject) -> bool:
    """Whether two syntax trees differ in places alone; imports may stand in any order."""
    first, second = _bare(one), _bare(other)
    return first == second


def _chunks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """What stands at the top: each rule, import or comment with all its lines."""
    chunk: list[Line] = []
    for line in lines:
        if line.starts and chunk:
            yield chunk
            chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


def _with_sorted_imports(chunks: Sequence[list[Line]]) -> list[list[Line]]:
    """The same chunks, with imports that follow each other sorted by their text."""
    made: list[list[Line]] = []
    run: list[list[Line]] = []
    for chunk in chunks:
        if chunk[0].first == "import" and not (run and chunk[0].spaced):
            run.append(chunk)
            continue
        made += _sorted(run)
        run = [chunk] if chunk[0].first == "import" else []
        made += [] if run else [chunk]
    return made + _sorted(run)


def _sorted(run: list[list[Line]]) -> list[list[Line]]:
    """Imports in their order; a line is free before the first of them, as it was."""
    ordered = sorted((chunk[0] for chunk in run), key=Line.text)
    return [[replace(line, spaced=number == 0 and run[0][0].spaced)] for number, line in enumerate(ordered)]


def _written(chunks: Sequence[list[Line]]) -> Iterator[str]:
    for number, chunk in enumerate(chunks):
        if number and (chunk[0].spaced or _apart(chunks[number - 1], chunk)):
            yield "\n"
        yield f"{chunk[0].text()}\n"
        for above, line in pairwise(chunk):
            if line.spaced and not _edge(above, line):
                yield "\n"
            yield f"{line.text()}\n"


def _edge(above: Line, line: Line) -> bool:
    """Whether a free line between these would be the first or the last in a bracket."""
    return (line.depth > above.depth and above.tokens[-1].text in {"{", "(", "["}) or line.first in {
        "}",
        ")",
        "]",
    }


def _apart(above: list[Line], below: list[Line]) -> bool:
    """Whether a line is left free between two chunks though their author left none."""
    kind, other = above[0].first, below[0].first
    if kind == "#":
        return False
    if (
        kind in {"package", "else"}
        or other in {"#", "else", "default"}
        or (kind == "import") != (other == "import")
    ):
        return True
    return len(above) > 1 or len(below) > 1


def _bare(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        # The place of a token is a list of span and text.
        return [_bare(each) for each in node if not _is_span(each)]
    if not isinstance(node, dict):
        return node
    made = {key: _bare(each) for key, each in node.items() if key not in _PLACES and not _is_span(each)}
    imports = made.get("imports")
    if isinstance(imports, list):
        made["imports"] = sorted(imports, key=repr)
    return made


def _is_span(node: JsonValue) -> bool:
    return isinstance(node, dict) and {"line", "col", "start", "end"} <= node.keys()
