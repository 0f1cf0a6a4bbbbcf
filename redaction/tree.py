"""Regular expressions as trees: what ``probe.py`` needs to know of a pattern to look for it quickly.

A tree speaks of octets, for texts are searched in a shadow of one octet a code point (``octets.shadow``), and
it is a superset: what the pattern matches, the tree matches in the shadow.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chars:
    """One code point whose octet is in the set ``bits``."""

    bits: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of several."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Between ``least`` and ``most`` times."""

    item: "Node"
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Takes no text: what stands before (or behind, if not ``before``) must not be one of ``bits``.

    ``either`` says that it is a word boundary, which says so only beside a word's character.
    """

    before: bool
    bits: int
    either: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """Takes no text: ``node`` must stand before."""

    node: "Node"


Node = Chars | Behind | Sequence | Choice | Repeat | Edge
NOTHING = Sequence(())
