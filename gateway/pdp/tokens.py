"""Rego's tokens, as far as layout and limits need them; comments and line breaks are tokens here too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from gateway.pdp.rego import Module, Problem

Kind = Literal["newline", "comment", "string", "raw", "number", "name", "sign", "other"]

MAX_NESTING = 12
"""Brackets in brackets: regorus' time to parse doubles with each, and 10,000 overflow its stack."""

MAX_CHAIN = 200
"""Operators, dots and indexes in one expression: thousands overflow its stack too."""

_TOKEN = re.compile(
    r"""(?P<newline>\r?\n)
    |(?P<comment>\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<raw>`[^`]*`)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>:=|==|!=|<=|>=|[][(){},;:.=<>+\-*/%&|])
    |(?P<space>[ \t\r]+)
    |(?P<other>.)""",
    re.VERBOSE | re.ASCII,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_CHAINING = frozenset({*"+-*/%&|.[<>=", "==", "!=", "<=", ">=", ":="})


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``line`` and ``column`` count from 1. ``spaced`` says that white space stands before it."""

    kind: Kind
    text: str
    line: int
    column: int
    spaced: bool


def read_tokens(text: str) -> Iterator[Token]:
    """Every token of a text but white space; what is no token of Rego comes out as ``other``."""
    line, start, spaced = 1, 0, False
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind != "space":
            yield Token(cast("Kind", kind), found[0], line, found.start() - start + 1, spaced)
        spaced = kind == "space"
        breaks = found[0].count("\n")
        if breaks:
            line += breaks
            start = found.start() + found[0].rindex("\n") + 1


def limit_problems(module: Module) -> Iterator[Problem]:
    """What would keep the parser busy without end, or end its process; found before it is asked."""
    depth, chain, before = 0, 0, ""
    for token in read_tokens(module.text):
        if token.kind == "comment":
            continue
        if token.text in _CHAINING:
            chain += 1
        elif token.text in {",", ";"} or (before == "\n" and token.kind in {"name", "string", "raw"}):
            chain = 0
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth > MAX_NESTING:
            yield _refused(module, token, f"brackets nest deeper than {MAX_NESTING}")
            return
        if chain > MAX_CHAIN:
            yield _refused(module, token, f"an expression has more than {MAX_CHAIN} operators")
            return
        # An operator at the end of a line goes on with the next.
        if token.kind != "newline":
            before = token.text
        elif before not in _CHAINING:
            before = "\n"


def _refused(module: Module, token: Token, message: str) -> Problem:
    fix = "divide it into rules of its own"
    return Problem(module.path, token.line, token.column, message, fix)
