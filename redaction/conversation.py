"""What a conversation has shown so far, so that a turn costs what is new in it.

No text is kept and no value: places of findings, and what stands for them. Texts come again with each turn,
by their digests, and say what stands at those places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from redaction.base import Category, Finding
from redaction.operators import Plan
from redaction.spans import PERSON, Places, merge, strength, strongest, with_spellings

Counts: TypeAlias = tuple[tuple[Category, str, int], ...]
Texts: TypeAlias = Mapping[bytes, str]  # by digest, in the order of the request
Found: TypeAlias = Mapping[bytes, Sequence[Finding]]

_PART_BYTES = 400  # of a part without findings, as measured with sys.getsizeof
_FINDING_BYTES = 300  # with what stands for it
_SHORTEST = 3  # letters of a part of a name that is found by itself


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """What a plan put in the places of findings; ``tokens`` are those that resolve, by their digests.

    ``lookalikes`` are marks of what else in the text may be read as a placeholder; None if that is not known.
    """

    plan: Plan
    chosen: tuple[Finding, ...]
    puts: tuple[str, ...]
    tokens: tuple[tuple[Finding, str], ...]
    lookalikes: frozenset[int] | None

    def is_by(self, plan: Plan) -> bool:
        """Whether it was this plan; plans are kept, so it is mostly the very same."""
        return self.plan is plan or self.plan == plan


@dataclass(slots=True, repr=False)
class Part:
    """What one text holds: findings, those of values that other texts showed included, and their counts.

    ``taken`` is what was put in their place last, if that tells nothing about the values.
    """

    found: tuple[Finding, ...]
    counts: Counts = ()
    taken: Taken | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Conversation:
    """Parts by digest of their texts, and where each value stands that is looked for in others."""

    parts: Mapping[bytes, Part]
    values: tuple[tuple[bytes, Finding], ...]

    @property
    def octets(self) -> int:
        """About how much memory this takes."""
        return sum(_PART_BYTES + _FINDING_BYTES * len(part.found) for part in self.parts.values())


def turn(before: Conversation | None, texts: Texts, found: Found) -> Conversation:
    """The conversation with these texts, of which ``found`` is what detectors found in each by itself.

    The same as without ``before``, which is used as far as it goes: if all of its texts are still there.
    """
    return (_continued(before, texts, found) if before else None) or _begun(texts, found)


def _begun(texts: Texts, found: Found) -> Conversation:
    values = strongest(texts, found)
    places = Places(with_spellings({value: finding for value, (_, finding) in values.items()}))
    parts = {key: _part(text, found[key], places) for key, text in texts.items()}
    return Conversation(parts, tuple(values.values()))


def _continued(before: Conversation, texts: Texts, found: Found) -> Conversation | None:
    """The same at the cost of the new texts alone; None if they change what is known of the old ones."""
    if not before.parts.keys() <= texts.keys():
        return None
    fresh = {key: text for key, text in texts.items() if key not in before.parts}
    if not fresh:
        return before
    known = {texts[key][each.start : each.end]: each for key, each in before.values}
    added = strongest(fresh, found)
    if _changes(known, added):
        return None
    added = {value: place for value, place in added.items() if value not in known}
    more = {value: finding for value, (_, finding) in added.items()}
    places = Places(with_spellings(_related(known, "\n".join(fresh.values())) | more))
    parts = {
        **before.parts,
        **_again(before, texts, found, {k: v for k, v in with_spellings(more).items() if k not in known}),
        **{key: _part(text, found[key], places) for key, text in fresh.items()},
    }
    return Conversation(parts, (*before.values, *added.values()))


def _changes(known: Mapping[str, Finding], added: Mapping[str, tuple[bytes, Finding]]) -> bool:
    """Whether a new finding says something else of a known value, or of a name that the value is part of."""
    people = [value.casefold() for value, finding in known.items() if finding.entity_type == PERSON]
    for value, (_, finding) in added.items():
        old = known.get(value)
        if old is None:
            # A letter may have come to the end of each word, as in the genitive.
            words = [word[:-1] for word in value.casefold().split()]
            if any(all(word in name for word in words) for name in people):
                return True
        elif _said(old) != _said(finding) and strength(finding) < strength(old):
            return True
    return False


def _said(finding: Finding) -> tuple[object, ...]:
    return finding.entity_type, finding.score, finding.detector, finding.category, finding.validated


def _related(known: Mapping[str, Finding], text: str) -> dict[str, Finding]:
    """The known values of which something, in whatever case, stands in the text."""
    folded = text.casefold()
    return {
        value: finding
        for value, finding in known.items()
        if value in text or (finding.entity_type == PERSON and _named(value.casefold(), folded))
    }


def _named(name: str, folded: str) -> bool:
    return name in folded or any(
        len(word) >= _SHORTEST and word.strip(".,") in folded for word in name.split()
    )


def _again(
    before: Conversation, texts: Texts, found: Found, more: Mapping[str, Finding]
) -> dict[bytes, Part]:
    """The old parts in which new values stand."""
    old = {key: texts[key] for key in before.parts}
    everything = "\0".join(old.values())
    standing = {value: finding for value, finding in more.items() if value in everything}
    places = Places(standing)
    touched: dict[bytes, Part] = {}
    for key, text in old.items() if standing else ():
        had = before.parts[key].found
        spans = {(each.start, each.end) for each in had}
        new = [each for each in places.more(text, found[key]) if (each.start, each.end) not in spans]
        if new:
            touched[key] = _counted(text, (*had, *new))
    return touched


def _part(text: str, found: Sequence[Finding], places: Places) -> Part:
    return _counted(text, (*found, *places.more(text, found)) if places else tuple(found))


def _counted(text: str, found: tuple[Finding, ...]) -> Part:
    counts: dict[tuple[Category, str], int] = {}
    # Merged by category, so that a page of a corpus hides no secret in it and the other way round.
    for category in {each.category for each in found}:
        for finding in merge(text, [each for each in found if each.category == category]):
            kind = (category, finding.entity_type)
            counts[kind] = counts.get(kind, 0) + 1
    return Part(found, tuple((*kind, count) for kind, count in counts.items()))
