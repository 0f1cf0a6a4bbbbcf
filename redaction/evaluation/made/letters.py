"""Letters, forms, chats, tables and questions in four languages of which no labelled set is at hand.

Their sentences are in no training; the classifier learns from those of ``redaction/training/templates``.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redaction.evaluation.errors import PeerMissing
from redaction.evaluation.made.draw import Draw
from redaction.evaluation.samples import Gold, Sample

if TYPE_CHECKING:
    from faker import Faker

LANGUAGES = ("it", "nl", "pt", "pl")
_FOLDER = Path(__file__).with_name("letters")
_FIELD = re.compile(r"\{(\w+)\}")
_TITLE = "TITLE"  # labelled, and no group of ours: whether a title is masked with its name tells nothing
_NIF_DIGITS = 8


def samples(rows: int = 800) -> list[Sample]:
    """``rows`` texts, as many in each language, each template equally often; the same in every run."""
    made = [each for language in LANGUAGES for each in _Letters(language).rows(rows // len(LANGUAGES))]
    Draw("letters").shuffle(made)
    return made


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads((_FOLDER / "words.toml").read_text("utf-8"))


class _Letters:
    """Texts of one language, filled."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._words = _words()[language]
        self._draw = Draw(f"letters {language}")
        self._fakers = [_faker(locale, number) for number, locale in enumerate(self._words["locales"])]
        self._fake = self._fakers[0]

    def rows(self, count: int) -> Iterator[Sample]:
        """So many texts."""
        templates = (_FOLDER / f"{self._language}.txt").read_text("utf-8").splitlines()
        for number in range(count):
            self._fake = self._draw.one(self._fakers)
            yield self._filled(templates[number % len(templates)].removeprefix("-").replace("\\n", "\n"))

    def _filled(self, template: str) -> Sample:
        text, end = "", 0
        gold: list[Gold] = []
        for field in _FIELD.finditer(template):
            text += template[end : field.start()]
            value = str(getattr(self, f"_{field[1]}")()).strip()
            label = _TITLE if field[1] == "title" else field[1]
            gold.append(Gold(len(text), len(text) + len(value), label))
            text += value
            end = field.end()
        return Sample(text + template[end:], tuple(gold), self._language)

    def _one(self, key: str) -> str:
        return str(self._draw.one(self._words[key].split("|")))

    def _title(self) -> str:
        return self._one("titles")

    def _name(self) -> str:
        return f"{self._fake.first_name()} {self._fake.last_name()}"

    def _location(self) -> str:
        return self._one("towns")

    def _organisation(self) -> str:
        return self._one("organisations")

    def _address(self) -> str:
        return str(self._fake.street_address()).replace("\n", ", ")

    def _date(self) -> str:
        day, month, year = self._draw.number(1, 28), self._draw.number(1, 12), self._draw.number(1950, 2027)
        named = self._words["months"].split()[month - 1]
        values = {
            "D": day, "DD": f"{day:02}", "M": named, "m": month, "MM": f"{month:02}", "Y": year,
        }  # fmt: skip
        return str(self._draw.one(self._words["dates"]).format(**values))

    def _phone(self) -> str:
        return str(self._fake.phone_number())

    def _email(self) -> str:
        return str(self._fake.ascii_email())

    def _iban(self) -> str:
        plain = str(self._fake.iban())
        return self._draw.one((plain, " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))))

    def _card(self) -> str:
        return str(self._fake.credit_card_number(card_type=self._draw.one(("visa", "mastercard"))))

    def _national_id(self) -> str:
        if self._language == "pl":
            return str(self._fake.pesel())
        if self._language == "pt":
            return self._nif()
        return str(self._fakers[0].ssn())

    def _nif(self) -> str:
        """A Portuguese tax number with its check digit."""
        digits = self._draw.shaped(f"2<d{_NIF_DIGITS - 1}>")
        rest = sum(int(digit) * (9 - at) for at, digit in enumerate(digits)) % 11
        return digits + str(0 if rest < 2 else 11 - rest)  # noqa: PLR2004 - ten has no digit


def _faker(locale: str, number: int) -> "Faker":
    try:
        from faker import Faker  # noqa: PLC0415 - only where such letters are measured
    except ImportError as error:
        raise PeerMissing("made:letters needs Faker: pip install 'custody-gateway[eval]'") from error
    fake = Faker(locale)
    fake.seed_instance(f"{locale} {number}")
    return fake
