"""Reads regular expressions, in the syntax of ``regex``, into trees."""

from dataclasses import dataclass

from redaction.octets import ALL, DIGITS, HIGH, LETTERS, SPACES, WORD, folded, negated, octets_of
from redaction.tree import NOTHING, Behind, Chars, Choice, Edge, Node, Repeat, Sequence


class PatternUnsupported(Exception):
    """A pattern uses syntax that cannot be looked for, or has no bound; the message says what and where."""


# An open-ended repeat ends somewhere: no value that anyone looks for repeats one thing more often.
MOST_REPEATS = 256


@dataclass(slots=True)
class Parsed:
    """A tree, and the pattern with every repeat bounded."""

    tree: Node
    bounded: str


def parse(pattern: str) -> Parsed:
    """The tree of a pattern in the syntax of ``regex``, case ignored; raises ``PatternUnsupported``."""
    parser = _Parser(pattern)
    tree = parser.choice()
    if parser.at < len(pattern):
        raise parser.unsupported("a bracket that was never opened")
    return Parsed(tree, parser.bounded())


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self._ignore_case = True
        self._groups: list[Node] = [NOTHING]
        self._named: dict[str, int] = {}
        self._edits: list[tuple[int, int, str]] = []
        self._names_digits = False

    def unsupported(self, what: str) -> PatternUnsupported:
        return PatternUnsupported(f"{what} at place {self.at} of {self.pattern!r}")

    def bounded(self) -> str:
        text = self.pattern
        for start, end, instead in reversed(self._edits):
            text = text[:start] + instead + text[end:]
        return text

    def choice(self) -> Node:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _take(self, token: str) -> bool:
        if self.pattern.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def _next(self) -> str:
        if self.at >= len(self.pattern):
            raise self.unsupported("an end too soon")
        self.at += 1
        return self.pattern[self.at - 1]

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            items.append(self._repeated(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _atom(self) -> Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._set())
        if char == ".":
            return Chars(ALL)
        if char in "^$":
            return NOTHING
        if char == "\\":
            return self._escape()
        if char in "*+?":
            raise self.unsupported("a repeat of nothing")
        return self._literal(char)

    def _literal(self, char: str) -> Node:
        bits = octets_of(ord(char))
        return Chars(folded(bits, char) if self._ignore_case else bits)

    def _repeated(self, item: Node) -> Node:
        while True:
            start = self.at
            bounds = self._bounds()
            if bounds is None:
                return item
            least, most = bounds
            if most is None:
                most = max(MOST_REPEATS, least)
                self._edits.append((start, self.at, f"{{{least},{most}}}"))
            if not self._take("?"):
                self._take("+")
            item = Repeat(item, least, most)

    def _bounds(self) -> tuple[int, int | None] | None:
        for token, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(token):
                return bounds
        end = self.pattern.find("}", self.at)
        if not self.pattern.startswith("{", self.at) or end < 0:
            return None
        least, comma, most = self.pattern[self.at + 1 : end].partition(",")
        if not (least or most) or not all(part.isdecimal() for part in (least, most) if part):
            return None  # a brace that stands for itself
        self.at = end + 1
        if not comma:
            return int(least), int(least)
        return int(least or 0), int(most) if most else None

    def _group(self) -> Node:
        before = self._ignore_case
        number: int | None = None
        look: Node | None = None
        start = self.at
        if self._take("?"):
            if self._take("#"):
                self.at = self.pattern.index(")", self.at) + 1
                return NOTHING
            if self._take("P=") or self._take("(") or self._take("&") or self._take("P>"):
                self.at = start
                raise self.unsupported("a call or condition")
            if self._take("<=") or self._take("<!") or self._take("=") or self._take("!"):
                look = self._look(self.pattern[start + 1 : self.at])
            elif self._take("P<") or self._take("<"):
                end = self.pattern.index(">", self.at)
                number = self._opened(self.pattern[self.at : end])
                self.at = end + 1
            elif not self._take(":") and not self._take(">") and not self._take("|") and self._flags():
                return NOTHING
        else:
            number = self._opened(None)
        node = self.choice() if look is None else look
        if not self._take(")"):
            raise self.unsupported("a bracket that is never closed")
        self._ignore_case = before
        if number is not None:
            self._groups[number] = node
        return node

    def _opened(self, name: str | None) -> int:
        self._groups.append(NOTHING)
        if name is not None:
            self._named[name] = len(self._groups) - 1
        return len(self._groups) - 1

    def _flags(self) -> bool:
        """Reads flags; whether they hold for the rest and not for a group."""
        on = True
        while (char := self._next()) not in ":)":
            if char == "-":
                on = False
            elif char == "i":
                self._ignore_case = on
            elif char not in "smu":
                raise self.unsupported(f"the flag {char}")
        return char == ")"

    def _look(self, kind: str) -> Node:
        self._names_digits = False
        node = self.choice()
        if kind == "<=":
            return Behind(node)
        # Only a single character that must not stand there narrows the search; the pattern decides the rest.
        if kind.endswith("!") and isinstance(node, Chars):
            # [0-9] lets digits of other scripts stand there, whose octets are the same.
            return Edge("<" in kind, node.bits & ~HIGH & ~(DIGITS if self._names_digits else 0))
        return NOTHING

    def _escape(self) -> Node:
        char = self._next()
        if char == "b":
            return Edge(before=True, bits=WORD, either=True)
        if char in "BAZzG":
            return NOTHING
        if char.isdecimal() and char != "0":
            number = int(char)
            if number >= len(self._groups):
                raise self.unsupported("a reference to no group")
            return self._groups[number]
        if char == "g":
            raise self.unsupported("a reference by name")
        bits = self._class(char)
        if bits is not None:
            return Chars(bits)
        return self._literal(self._escaped(char))

    def _class(self, char: str) -> int | None:
        classes = {"d": DIGITS, "w": WORD | HIGH, "s": SPACES, "h": SPACES}
        if char.lower() in classes and char != "H":
            bits = classes[char.lower()]
            return bits if char.islower() else negated(bits, ignore_case=self._ignore_case)
        if char in "pP":
            return self._property(negative=char == "P")
        return None

    def _property(self, *, negative: bool) -> int:
        if not self._take("{"):
            raise self.unsupported("a property without braces")
        end = self.pattern.index("}", self.at)
        name = self.pattern[self.at : end]
        self.at = end + 1
        if negative or name.startswith("^"):
            return ALL
        sets = {"L": LETTERS | HIGH, "N": DIGITS | HIGH, "Nd": DIGITS}
        upper = sum(1 << code for code in range(65, 91))
        cased = {"Lu": upper | HIGH, "Ll": upper << 32 | HIGH}
        if name in cased and not self._ignore_case:
            return cased[name]
        return sets["L"] if name in cased else sets.get(name, ALL)

    def _escaped(self, char: str) -> str:
        simple = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
        digits = {"x": 2, "u": 4, "U": 8}.get(char)
        if digits is not None:
            code = self.pattern[self.at : self.at + digits]
            self.at += digits
            return chr(int(code, 16))
        if char.isascii() and char.isalpha() and char not in simple:
            raise self.unsupported(f"the escape \\{char}")
        return simple.get(char, char)

    def _set(self) -> int:
        negative = self._take("^")
        bits = 0
        first = True
        while first or not self._take("]"):
            first = False
            if self.pattern.startswith("[:", self.at):
                raise self.unsupported("a named class")
            bits |= self._member()
        return negated(bits, ignore_case=self._ignore_case) if negative else bits

    def _member(self) -> int:
        low = self._member_char()
        if isinstance(low, int):
            return low
        high: str | int = low
        if self.pattern.startswith("-", self.at) and not self.pattern.startswith("-]", self.at):
            self.at += 1
            high = self._member_char()
        if isinstance(high, int):
            raise self.unsupported("a range to a class")
        bits = octets_of(ord(low), ord(high))
        self._names_digits |= bool(bits & DIGITS)
        return folded(bits, low + high) if self._ignore_case else bits

    def _member_char(self) -> str | int:
        char = self._next()
        if char != "\\":
            return char
        char = self._next()
        bits = self._class(char)
        if bits is not None:
            return bits
        return "\b" if char == "b" else self._escaped(char)
