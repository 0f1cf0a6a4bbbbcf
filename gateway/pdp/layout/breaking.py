"""Where lines break: what a bracket holds decides, as in ``opa fmt``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gateway.pdp.tokens import Token

Holds = Literal["body", "list", "group"]
"""A body of statements; items with commas; or anything else, whose breaks stay as they are."""

BREAK = Token("newline", "\n", 0, 0, spaced=False)
KEYWORDS = frozenset(
    "as contains default else every false if import in not null package some true with".split()  # noqa: SIM905
)
CLOSING = {")": "(", "]": "[", "}": "{"}
_OPENING = frozenset(CLOSING.values())
_VALUES = frozenset({"true", "false", "null"})


@dataclass(slots=True)
class _Bracket:
    """An opened bracket: what it holds, and whether its parts stand on lines of their own."""

    holds: Holds
    broken: bool


def broken(tokens: Sequence[Token]) -> list[Token]:
    """The same tokens with the line breaks, and the commas before them, that the layout asks for."""
    return _Breaking(tokens).run()


def ends_term(token: Token | None) -> bool:
    """Whether a token can be the last one of a value."""
    if token is None:
        return False
    if token.kind == "name":
        return token.text not in KEYWORDS or token.text in _VALUES
    return token.kind in {"string", "raw", "number"} or token.text in CLOSING


class _Breaking:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._brackets = _found(tokens)
        self._open: list[_Bracket] = []
        self._made: list[Token] = []

    def run(self) -> list[Token]:
        for number, token in enumerate(self._tokens):
            inside = self._open[-1] if self._open else None
            if token.text in _OPENING:
                self._opened(token, self._brackets[number], number)
            elif token.text in CLOSING:
                self._closed(token)
            elif token.text == ";" and inside and inside.holds == "body" and inside.broken:
                self._break(number)
            elif token.text == "," and inside and inside.holds == "list" and inside.broken:
                self._made.append(token)
                self._break(number)
            else:
                self._made.append(token)
        return self._made

    def _opened(self, token: Token, bracket: _Bracket, number: int) -> None:
        self._open.append(bracket)
        self._made.append(token)
        if bracket.broken:
            self._break(number)

    def _closed(self, token: Token) -> None:
        bracket = self._open.pop()
        if bracket.broken:
            if bracket.holds == "list":
                self._comma()
            if self._made[-1].kind != "newline":
                self._made.append(BREAK)
        self._made.append(token)

    def _break(self, number: int) -> None:
        """End the line here, unless it ends here anyway or a comment stands behind."""
        if number + 1 < len(self._tokens) and self._tokens[number + 1].kind not in {"newline", "comment"}:
            self._made.append(BREAK)

    def _comma(self) -> None:
        """A comma behind the last item, unless there is one."""
        for number in range(len(self._made) - 1, -1, -1):
            if self._made[number].kind not in {"newline", "comment"}:
                if self._made[number].text != ",":
                    comma = replace(self._made[number], kind="sign", text=",", spaced=False)
                    self._made.insert(number + 1, comma)
                return


def _found(tokens: Sequence[Token]) -> dict[int, _Bracket]:
    """Every bracket by where it opens."""
    made: dict[int, _Bracket] = {}
    opened: list[tuple[int, _Bracket, set[str]]] = []
    before: Token | None = None
    for number, token in enumerate(tokens):
        if token.text in _OPENING:
            made[number] = _Bracket(_holds(token, before), broken=False)
            opened.append((number, made[number], set()))
        elif token.text in CLOSING and opened:
            _, bracket, marks = opened.pop()
            _settle(bracket, marks)
        elif opened and (token.text in {";", "|", ","} or token.kind == "newline"):
            opened[-1][2].add(token.text.strip() or "\n")
        if token.kind not in {"newline", "comment"}:
            before = token
    return made


def _holds(token: Token, before: Token | None) -> Holds:
    if token.text == "{" and before and (before.text in {"if", "else"} or ends_term(before)):
        return "body"
    if token.text == "(":
        return "list" if before and before.kind == "name" and not token.spaced else "group"
    # Right behind a value it is an index.
    return "group" if token.text == "[" and ends_term(before) and not token.spaced else "list"


def _settle(bracket: _Bracket, marks: set[str]) -> None:
    if bracket.holds == "body":
        bracket.broken = bool(marks & {"\n", ";"})
    elif "|" in marks:
        # A comprehension, or a union: its author breaks it.
        bracket.holds = "group"
    else:
        bracket.broken = bracket.holds == "list" and "\n" in marks
