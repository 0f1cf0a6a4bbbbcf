import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from redaction import person
from redaction.standin_tables import language_of
from redaction.standins import Draw, stand_in

_TRIES = 400  # stand-ins that are looked at before a value gets none: checksums are right once in a hundred
_BREAK = r"[ .\-/()\u00a0]{0,2}"  # what people and models put between the digits of a number
_NUMBERS = frozenset({"PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN"})
_ADDRESSES = frozenset({"EMAIL_ADDRESS", "URL", "IP_ADDRESS", "MAC_ADDRESS"})
_NO_LETTER = re.compile(r"[\W_]+")
_PERSON = "PERSON"


@dataclass(frozen=True, slots=True, repr=False)
class StandIn:
    """What stands in a text for a value."""

    entity_type: str
    text: str
    value: str


class StandInBook:
    """The stand-ins of one request: which value has which, and where they stand in what a model wrote.

    Two values never share one, nor any word of one. None is a word or number of the texts given to
    ``avoid``; so a stand-in in a reply is one that the model copied, or an invention of the model that equals
    it to the letter, and is read as the value in both cases. They are known as whole words only: as issued,
    in capitals, with other separators in numbers, and a person's by either name where it has two.
    """

    def __init__(self, key: bytes, scope: bytes) -> None:
        self._key = key
        self._scope = scope
        self._issued: dict[tuple[str, str], StandIn] = {}
        self._parts: dict[str, list[StandIn]] = {}  # by the original's part, folded
        self._taken: set[str] = set()
        self._words = ""
        self._letters = ""
        self._confirm: Callable[[str, str], bool] = _never
        self._pattern: re.Pattern[str] | None = None
        self._meanings: dict[str, StandIn] = {}

    def __len__(self) -> int:
        return len(self._issued)

    def avoid(self, texts: Iterable[str]) -> None:
        """Keeps what stands in these texts from becoming a stand-in."""
        self._words = "\n".join(texts).casefold()
        self._letters = _NO_LETTER.sub("", self._words)

    def confirm_with(self, confirm: Callable[[str, str], bool]) -> None:
        """Has stand-ins checked as their values are: where that has a right checksum, so has the stand-in."""
        self._confirm = confirm

    def issued(self) -> tuple[StandIn, ...]:
        """All stand-ins, as ``know`` takes them."""
        return tuple(self._issued.values())

    def know(self, stand_in: StandIn, normalized: str) -> None:
        """Takes in a stand-in that another book of the same key and scope issued."""
        self._issued[stand_in.entity_type, normalized] = stand_in
        self._note(stand_in)

    def issue(self, entity_type: str, normalized: str, value: str, text: str) -> str | None:
        """The stand-in for a value that stands in ``text``; None if none can be made."""
        identity = (entity_type, normalized)
        known = self._issued.get(identity) or self._of_part(entity_type, normalized, value)
        if known is None:
            made = self._made(identity, value, text)
            if made is None:
                return None
            known = self._issued[identity] = StandIn(entity_type, made, value)
            self._note(known)
        return known.text.upper() if value.isupper() and entity_type == _PERSON else known.text

    def mentions(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where stand-ins stand in the text, and what each means there."""
        if not self._issued:
            return
        folded = _compact(text)
        if not any(word in folded for word in self._taken):
            return
        for match in self._compiled().finditer(text):
            meant = self._meanings[_NO_LETTER.sub("", match[0]).casefold()]
            upper = meant.entity_type == _PERSON and match[0].isupper() and not meant.text.isupper()
            yield (*match.span(), meant.value.upper() if upper else meant.value)

    def _made(self, identity: tuple[str, str], value: str, text: str) -> str | None:
        entity_type, valid = identity[0], self._confirm(identity[0], value)
        first = None
        for made in self._drawn(identity, value, language_of(value, text)):
            if made != value and self._is_free(entity_type, made):
                if not valid or self._confirm(entity_type, made):
                    return made
                first = first or made
        return first

    def _drawn(self, identity: tuple[str, str], value: str, language: str) -> Iterator[str]:
        parts = (self._scope, *(part.encode("utf-8", "surrogatepass") for part in identity))
        message = b"".join(len(part).to_bytes(4) + part for part in parts)
        for attempt in range(_TRIES):
            seed = hmac.digest(self._key, attempt.to_bytes(2) + message, "sha256")
            made = stand_in(identity[0], value, language, Draw(seed))
            if made is None:
                return
            yield made

    def _is_free(self, entity_type: str, made: str) -> bool:
        if _compact(made) in self._letters or _compact(made) in self._taken:
            return False
        words = person.words(made) if entity_type == _PERSON else []
        return not any(word.casefold() in self._words or _compact(word) in self._taken for word in words)

    def _note(self, known: StandIn) -> None:
        self._pattern = None
        self._know(known)
        if known.entity_type != _PERSON:
            return
        ours, theirs = person.words(known.text), person.names(known.value)
        if len(ours) == len(theirs) == 2:  # noqa: PLR2004  a given name and a family name
            for our, their in zip(ours, theirs, strict=True):
                part = StandIn(_PERSON, our.strip(",."), their.strip(",."))
                self._know(part)
                for word in {part.value.casefold(), part.value.split()[-1].casefold()}:
                    self._parts.setdefault(word, []).append(part)

    def _know(self, known: StandIn) -> None:
        self._taken.add(_compact(known.text))
        self._meanings[_compact(known.text)] = known

    def _of_part(self, entity_type: str, normalized: str, value: str) -> StandIn | None:
        """The stand-in of a name that is part of one person's, in the genitive too."""
        if entity_type != _PERSON or " " in normalized:
            return None
        for ending in ("", "s"):
            parts = (
                self._parts.get(normalized.removesuffix(ending), []) if normalized.endswith(ending) else []
            )
            if len(parts) == 1 and parts[0].value.casefold() == normalized.removesuffix(ending):
                return StandIn(_PERSON, parts[0].text + value[len(value) - len(ending) :], value)
        return None

    def _compiled(self) -> re.Pattern[str]:
        if self._pattern is None:
            # By first letter, so that a place in a text is held against few of many.
            spellings: dict[str, list[str]] = defaultdict(list)
            for known in sorted(self._meanings.values(), key=lambda each: -len(each.text)):
                spellings[_compact(known.text)[0]] += _spellings(known)
            written = "|".join(
                rf"(?=\+?[{letter}{letter.upper()}])(?:{'|'.join(each)})"
                for letter, each in spellings.items()
            )
            self._pattern = re.compile(rf"(?<!\w)(?:{written})")
        return self._pattern


def _never(_entity_type: str, _value: str) -> bool:
    return False


def _compact(text: str) -> str:
    return _NO_LETTER.sub("", text).casefold()


def _spellings(known: StandIn) -> Iterator[str]:
    """Patterns for the ways in which a stand-in may be written; a short one is no part of anything longer."""
    text = known.text
    if known.entity_type == _PERSON:
        for spelling in (text, text.upper()):
            # The genitive may have no apostrophe; its letter stays behind the name.
            yield r"\s+".join(map(re.escape, spelling.split())) + r"(?=s?(?!\w))"
    elif known.entity_type in _NUMBERS:
        plus = r"\+?" if text.startswith("+") else ""
        yield plus + _BREAK.join(re.escape(char) for char in text if char.isalnum()) + r"(?!\w)"
    elif known.entity_type in _ADDRESSES:
        yield rf"(?<![.@+\-])(?i:{re.escape(text)})(?![\w\-]|\.\w)"
    else:
        yield r"\s+".join(map(re.escape, text.split())) + r"(?!\w)"
