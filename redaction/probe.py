"""What an automaton looks for in place of a pattern: shorter, without look-around, and never missing one."""

from dataclasses import dataclass
from functools import lru_cache

from redaction.octets import ALL, DIGITS, HIGH, LETTERS, WORD
from redaction.syntax import PatternUnsupported, parse
from redaction.tree import NOTHING, Behind, Chars, Choice, Edge, Node, Repeat, Sequence

LONGEST = 16_384  # code points that a match may have; a pattern that could match more is refused
_KEPT = 32  # a repeat at an end that may go on for longer than this is cut to its least
_TELLING = 24  # a match that begins with one of so few characters is best looked for by them
_HEAVY = 2_000  # characters that a probe may be written with
# Code points that a match may take until its probe is seen, that a probe must ask for, and that are plenty.
_FAR, _ENOUGH, _SUFFICIENT = 300, 3, 20
# Up to here repeats are counted, beyond they are left open: of one character, of one and its joint, of more.
_COUNTED, _PAIRED, _UNROLLED = 64, 16, 4
_JOINED = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """A match of ``pattern`` begins ``least`` to ``reach`` code points before some end of ``expression``.

    ``expression`` is for Hyperscan, over a text's shadow. ``pattern`` is the one asked for with every repeat
    bounded, so that no match is longer than ``longest``. ``spaced`` says whether a match may hold a space;
    ``begins`` is a look-ahead for what one may begin with, or nothing where that could be most characters.
    ``first`` is for ``re``, over the text: one character, where a match may begin and nowhere else.
    """

    expression: str
    least: int
    reach: int
    pattern: str
    longest: int
    spaced: bool
    begins: str
    first: str


@lru_cache(maxsize=4_096)
def probe(pattern: str) -> Probe:
    """The probe for a pattern; raises ``PatternUnsupported``."""
    parsed = parse(pattern)
    least, longest = _width(parsed.tree)
    if least == 0 or longest > LONGEST:
        raise PatternUnsupported(
            f"{pattern!r} may match {'nothing' if least == 0 else f'more than {LONGEST} characters'}"
        )
    parts = [_Cut(option) for option in _options(parsed.tree)]
    expression = "|".join(dict.fromkeys(part.expression() for part in parts))
    return Probe(
        expression,
        min(part.least for part in parts),
        max(part.reach for part in parts),
        parsed.bounded,
        longest,
        _spaced(parsed.tree),
        _beginning(parsed.tree),
        _first(parsed.tree, [part.never_before for part in parts]),
    )


def _spaced(node: Node) -> bool:
    if isinstance(node, Chars):
        return bool(node.bits >> ord(" ") & 1)
    if isinstance(node, Sequence):
        return any(map(_spaced, node.items))
    if isinstance(node, Choice):
        return any(map(_spaced, node.options))
    return isinstance(node, Repeat) and _spaced(node.item)


def _beginning(node: Node) -> str:
    bits, empty = _outermost(node, first=True)
    if empty or bits & (HIGH | LETTERS) or bits.bit_count() > _TELLING:
        return ""
    # A digit of any script has the octet of its value.
    others = "".join(f"\\x{code:02x}" for code in range(128) if (bits & ~DIGITS) >> code & 1)
    return f"(?=[{others}\\d])" if bits & DIGITS else f"(?=[{others}])"


def _first(node: Node, never_before: list[int]) -> str:
    """A character that a match may begin with, where something stands that a match may follow."""
    bits, _ = _outermost(node, first=True)
    before = ALL
    for each in never_before:
        before &= each
    # Characters beyond ASCII may stand for any octet, so they are never ruled out.
    behind = f"(?<!{_set(before & ~HIGH)})" if before & ~HIGH else ""
    return f"{behind}[{_inside(bits & ~HIGH)}\x80-\U0010ffff]"


def _options(node: Node) -> tuple[Node, ...]:
    items = _flat(node)
    if len(items) == 1 and isinstance(items[0], Choice):
        return tuple(inner for option in items[0].options for inner in _options(option))
    return (node,)


def _flat(node: Node) -> list[Node]:
    if isinstance(node, Sequence):
        return [inner for item in node.items for inner in _flat(item)]
    if isinstance(node, Repeat) and node.least == node.most == 1:
        return _flat(node.item)
    return [node]


class _Cut:
    """A sequence without what need not be looked for at its ends."""

    def __init__(self, node: Node) -> None:
        items = _flat(node)
        self._behind = ""
        self._before = self._edges(items, first=True)
        self.never_before = self._before
        self._after = self._edges(items, first=False)
        whole = [_width(item)[1] for item in items]
        self._shorten(items, first=False)
        self._lighten(items)
        self._suffice(items)
        cut = len(whole) - len(items)
        behind = sum(whole[len(whole) - cut :]) if cut else 0
        kept_last = _width(items[-1])[1]
        behind += whole[len(items) - 1] - kept_last
        self.reach = sum(whole) - behind + (self._after != 0)
        self.least = sum(_width(item)[0] for item in items)
        self._shorten(items, first=True)
        self._items = items

    def expression(self) -> str:
        before = self._behind or (f"(?:^|{_set(ALL & ~self._before)})" if self._before else "")
        after = rf"(?:{_set(ALL & ~self._after)}|\z)" if self._after else ""
        return before + "".join(map(_written, self._items)) + after

    def _edges(self, items: list[Node], *, first: bool) -> int:
        """Takes the edges off one end; the octets that must not stand beyond it."""
        bits = 0
        at = 0 if first else -1
        taken: list[Edge] = []
        while items and (isinstance(items[at], Edge | Behind) or items[at] == NOTHING):
            item = items.pop(at)
            if isinstance(item, Edge):
                taken.append(item)
            elif isinstance(item, Behind) and first and not self._behind:
                self._behind = _written(item.node)
        inner, _ = _outermost(Sequence(tuple(items)), first=first)
        for edge in taken:
            if edge.either:
                bits |= WORD if not inner & ~WORD else 0
            elif edge.before == first:
                bits |= edge.bits
        return bits

    def _lighten(self, items: list[Node]) -> None:
        """Leaves off the end of what is too much for an automaton or too far to go back over."""
        while len(items) > 1 and _is_much(items):
            last = items[-1]
            if isinstance(last, Repeat) and last.most > last.least > 0:
                items[-1] = Repeat(last.item, last.least, last.least)
            elif sum(_width(item)[0] for item in items[:-1]) < _ENOUGH:
                return
            else:
                items.pop()
            self._after = 0

    def _suffice(self, items: list[Node]) -> None:
        """Leaves off the end of a long value what adds nothing to its beginning."""
        while len(items) > 1:
            last = items[-1]
            excess = sum(_width(item)[0] for item in items) - _SUFFICIENT
            size = _width(last)[0]
            if excess <= 0:
                return
            if size <= excess:
                items.pop()
            elif isinstance(last, Repeat) and isinstance(last.item, Chars):
                items[-1] = Repeat(last.item, last.least - excess, last.least - excess)
            else:
                return
            self._after = 0

    def _shorten(self, items: list[Node], *, first: bool) -> None:
        at = 0 if first else -1
        while True:
            last = items[at]
            if not isinstance(last, Repeat) or last.least == last.most:
                return
            edge = self._before if first else self._after
            if edge and last.most <= _KEPT:
                return
            if last.least == 0 and sum(_width(item)[0] for item in items) == 0:
                return
            items[at] = Repeat(last.item, last.least, last.least)
            if last.least == 0:
                items.pop(at)
            if first:
                self._before = 0
            else:
                self._after = 0


def _is_much(items: list[Node]) -> bool:
    return (
        sum(len(_written(item)) for item in items) > _HEAVY or sum(_width(item)[1] for item in items) > _FAR
    )


def _width(node: Node) -> tuple[int, int]:
    """Least and most code points that a node takes."""
    if isinstance(node, Chars):
        return 1, 1
    if isinstance(node, Sequence):
        widths = [_width(item) for item in node.items]
        return sum(least for least, _ in widths), sum(most for _, most in widths)
    if isinstance(node, Choice):
        widths = [_width(option) for option in node.options]
        return min(least for least, _ in widths), max(most for _, most in widths)
    if isinstance(node, Repeat):
        least, most = _width(node.item)
        return least * node.least, most * node.most
    return 0, 0


def _outermost(node: Node, *, first: bool) -> tuple[int, bool]:
    """The octets that a node may begin (or end) with, and whether it may take no text at all."""
    if isinstance(node, Chars):
        return node.bits, False
    if isinstance(node, Choice):
        sides = [_outermost(option, first=first) for option in node.options]
        return _union(bits for bits, _ in sides), any(empty for _, empty in sides)
    if isinstance(node, Repeat):
        bits, empty = _outermost(node.item, first=first)
        return (bits, empty or node.least == 0) if node.most else (0, True)
    if isinstance(node, Sequence):
        bits = 0
        for item in node.items if first else reversed(node.items):
            more, empty = _outermost(item, first=first)
            bits |= more
            if not empty:
                return bits, False
        return bits, True
    return 0, True


def _union(sets: "object") -> int:
    bits = 0
    for each in sets:  # type: ignore[attr-defined]
        bits |= each
    return bits


def _written(node: Node, *, nested: bool = False) -> str:
    if isinstance(node, Chars):
        return _set(node.bits)
    if isinstance(node, Choice):
        return f"(?:{'|'.join(_written(option, nested=nested) for option in node.options)})"
    if isinstance(node, Sequence):
        return "".join(_written(item, nested=nested) for item in node.items)
    if isinstance(node, Repeat) and node.most:
        return f"(?:{_written(node.item, nested=nested or node.most > 1)}){_counts(node, nested=nested)}"
    return ""


def _counts(node: Repeat, *, nested: bool) -> str:
    least, most = node.least, node.most
    if least == most == 1:
        return ""
    limit = (
        _COUNTED
        if isinstance(node.item, Chars)
        else _PAIRED
        if _width(node.item)[1] <= _JOINED
        else _UNROLLED
    )
    limit = _UNROLLED if nested else limit
    if most <= limit:
        return f"{{{least}}}" if least == most else f"{{{least},{most}}}"
    return f"{{{min(least, limit)},}}"


def _set(bits: int) -> str:
    if bits == ALL:
        return "."
    if bits.bit_count() == 1:
        return f"\\x{bits.bit_length() - 1:02x}"
    return f"[{_inside(bits)}]"


def _inside(bits: int) -> str:
    ranges: list[list[int]] = []
    for code in range(256):
        if bits >> code & 1:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(rf"\x{low:02x}" + (rf"-\x{high:02x}" if high > low else "") for low, high in ranges)
