"""Names of people by cues in eight languages: how they introduce, greet, sign, and fill in forms."""

import hashlib
from collections.abc import Iterator, Sequence

import regex
from pydantic import BaseModel, ConfigDict

from redaction.base import Finding

_SCORE = 0.85
_TIMEOUT_S = 2.0

# One or more words that begin with a capital, joined by the small words that names hold.
_NAME = r"(?P<value>(?-i:\p{Lu})[\p{L}'’\-]+\.?(?: (?:(?:van|von|der|den|de|del|della|di|da|dos|la|le|bin|al|ten|ter|zu) ){0,2}(?-i:\p{Lu})(?:[\p{L}'’\-]+|\.)){0,3})"
_INTRODUCING = (
    r"my name is|i am called|this is|i'm|i am|mein name ist|ich heiße|ich heisse|je m'appelle|mon nom est|"
    r"me llamo|mi nombre es|mi chiamo|il mio nome è|mijn naam is|ik heet|meu nome é|chamo-me|nazywam się|mam na imię"
)
_TITLES = (
    r"mr\.?|mrs\.?|ms\.?|miss|dr\.?|prof\.?|sir|madam|herr|herrn|frau|monsieur|madame|mme\.?|señora?|sra?\.|signora?|"
    r"sig\.?|dhr\.?|mevrouw|mw\.?|senhora?|pan|pani"
)
_GREETINGS = r"dear|hi|hello|liebe[r]?|sehr geehrte[r]?|cher|chère|bonjour|estimad[oa]|querid[oa]|hola|gentile|caro|cara|ciao|beste|geachte|prezad[oa]|drog[ia]"
_CLOSINGS = (
    r"(?:kind|best|warm|many)? ?regards|best wishes|sincerely|yours truly|cheers|mit freundlichen grüßen|viele grüße|"
    r"cordialement|bien à vous|saludos|un saludo|atentamente|cordiali saluti|distinti saluti|met vriendelijke groet|"
    r"atenciosamente|cumprimentos|z poważaniem|pozdrawiam"
)
_FIELDS = r"(?:full |first |last |customer |patient |employee |contact )?name|surname|nachname|vorname|kunde|nom|prénom|nombre|apellidos?|nome|cognome|naam|imię i nazwisko|nazwisko"
_CUES = (
    rf"(?<!\w)(?:{_INTRODUCING}) (?:(?:{_TITLES}) )?{_NAME}",
    rf"(?<!\w)(?:{_TITLES}) {_NAME}",
    rf"(?:^|(?<=[.!?\"“] ))(?:{_GREETINGS}) (?:(?:{_TITLES}) )?{_NAME}(?=\s*[,!.:\n]|$)",
    rf"(?<!\w)(?:{_CLOSINGS})\s*[,.!]?\s+{_NAME}",
    rf"(?<!\w)(?:{_FIELDS})[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?{_NAME}",
)
# What the cues take for people but is none.
_NOBODY = frozenset(
    [
        "team",
        "all",
        "everyone",
        "sir",
        "madam",
        "customer",
        "colleagues",
        "support",
        "service",
        "northwind",
        "ssn",
        "iban",
        "bic",
        "swift",
        "vat",
        "email",
        "e-mail",
        "phone",
        "tel",
        "card",
        "visa",
        "mastercard",
        "paypal",
        "order",
        "invoice",
        "account",
        "dear",
        "hello",
        "hi",
        "regards",
        "thanks",
        "thank",
        "english",
        "german",
        "french",
        "spanish",
        "italian",
        "polish",
        "dutch",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "here",
        "sorry",
        "not",
        "the",
        "a",
        "an",
        "my",
        "your",
    ]
)


class Options(BaseModel):
    """Cues have no options."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def build(options: Options) -> "NameDetector":  # noqa: ARG001 - every plug-in takes its options
    """The detector."""
    return NameDetector()


class NameDetector:
    """Finds names that a cue goes before; thread-safe, for it keeps nothing."""

    name = "names"
    heavy = False

    def __init__(self) -> None:
        self._cues = [regex.compile(cue, regex.IGNORECASE | regex.MULTILINE) for cue in _CUES]
        told = "\x00".join((*_CUES, *sorted(_NOBODY)))
        self._digest = hashlib.sha256(told.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """Hex SHA-256 over the cues."""
        return self._digest

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The names in each text; raises ``TimeoutError`` where a cue takes too long to decide."""
        return [list(self._by_cue(text)) for text in texts]

    def _by_cue(self, text: str) -> Iterator[Finding]:
        for cue in self._cues:
            for match in cue.finditer(text, timeout=_TIMEOUT_S):
                if _is_somebody(match["value"]):
                    start, end = _trimmed(match["value"], match.start("value"))
                    yield Finding("PERSON", start, end, _SCORE, "names")


def _is_somebody(name: str) -> bool:
    words = [word.strip(".,'’") for word in name.lower().split()]
    plain = all(not char.isdigit() and char not in "@_/\\[]{}<>=" for char in name)
    return (
        plain
        and any(char.isupper() for char in name)
        and not all(word in _NOBODY for word in words)
        and len(name) > 1
    )


def _trimmed(name: str, start: int) -> tuple[int, int]:
    """The span without possessive and punctuation at its ends."""
    core = name.removesuffix("'s").removesuffix("’s").rstrip(" .,;:\n")
    return start, start + len(core)
