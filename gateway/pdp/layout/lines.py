"""Lines of tokens: how deep they stand, what is spaced in them, and what stands between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.pdp.layout.breaking import CLOSING, ends_term
from gateway.pdp.tokens import Token

_OPENING = frozenset(CLOSING.values())
_OPERATORS = frozenset({":=", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "&", "|"})
_TIGHT_AFTER = frozenset("([{.")
_TIGHT_BEFORE = frozenset(")]},;:.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its tokens, its depth in tabs, and whether the author left a line free before it.

    ``starts`` says that it begins something at the top: a rule, an import, a comment.
    """

    tokens: tuple[Token, ...]
    depth: int
    spaced: bool
    starts: bool

    @property
    def first(self) -> str:
        """Its first token; ``#`` for a comment."""
        return "#" if self.tokens[0].kind == "comment" else self.tokens[0].text

    def text(self) -> str:
        """The line as it is written."""
        parts: list[str] = []
        for number, token in enumerate(self.tokens):
            if number and _spaced(self.tokens[:number], token):
                parts.append(" ")
            parts.append(token.text.rstrip() if token.kind == "comment" else token.text)
        return "\t" * self.depth + "".join(parts)


def lines_of(tokens: Sequence[Token]) -> Iterator[Line]:
    """The lines that tokens with their breaks make."""
    opened: list[int] = []
    line: list[Token] = []
    breaks = 0
    before: Token | None = None
    for token in [*tokens, Token("newline", "\n", 0, 0, spaced=False)]:
        if token.kind != "newline":
            line.append(token)
        elif not line:
            breaks += 1
        else:
            yield _line(line, opened, before, spaced=breaks > 0)
            before = next((each for each in reversed(line) if each.kind != "comment"), before)
            line, breaks = [], 0


def _line(tokens: list[Token], opened: list[int], before: Token | None, *, spaced: bool) -> Line:
    """One line; notes in ``opened`` how deep the line of each bracket stands that is still open."""
    rest = list(tokens)
    depth = opened[-1] + 1 if opened else 0
    while rest and rest[0].text in CLOSING and opened:
        depth = opened.pop()
        rest.pop(0)
    goes_on = _goes_on(tokens[0], before)
    starts = depth == 0 and len(rest) == len(tokens) and not goes_on
    for token in rest:
        if token.text in _OPENING:
            opened.append(depth + goes_on)
        elif token.text in CLOSING and opened:
            opened.pop()
    return Line(tuple(tokens), depth + goes_on, spaced, starts)


def _goes_on(first: Token, before: Token | None) -> bool:
    """Whether a line goes on with the statement of the line before."""
    if first.kind == "comment":
        return False
    return first.text == "with" or (before is not None and before.text in _OPERATORS - {"|"})


def _spaced(before: Sequence[Token], token: Token) -> bool:
    last = before[-1]
    if token.kind == "comment":
        return True
    if last.text in _TIGHT_AFTER and last.kind == "sign":
        return last.text == "{" and _body(before) and token.text != "}"
    if token.kind == "sign" and token.text in _TIGHT_BEFORE:
        return token.text == "}" and _closes_body(before)
    if _unary(before):
        return False
    if token.text in {"(", "["} and (last.kind == "name" or ends_term(last)):
        # Here a space has a meaning: without it this is a call, or an index.
        return token.spaced
    return True


def _unary(before: Sequence[Token]) -> bool:
    """Whether the last token is the sign of a number."""
    if before[-1].text != "-":
        return False
    ahead = before[-2] if len(before) > 1 else None
    return not ends_term(ahead)


def _body(before: Sequence[Token]) -> bool:
    """Whether the bracket that was opened last holds statements, which have space around them."""
    ahead = before[-2] if len(before) > 1 else None
    return ahead is not None and (ahead.text in {"if", "else"} or ends_term(ahead))


def _closes_body(before: Sequence[Token]) -> bool:
    depth = 0
    for number in range(len(before) - 1, -1, -1):
        text = before[number].text if before[number].kind == "sign" else ""
        if text in CLOSING:
            depth += 1
        elif text in _OPENING:
            if depth == 0:
                return text == "{" and number < len(before) - 1 and _body(before[: number + 1])
            depth -= 1
    return False
