"""Dates, numbers and identifiers of a language, and the patterns that they are made by."""

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from faker import Faker
from faker.config import AVAILABLE_LOCALES

TEMPLATES = Path(__file__).parent / "templates"
FIELD = re.compile(r"\{(\w+)\}")


@cache
def words(language: str) -> dict[str, Any]:
    """The word lists of a language."""
    with (TEMPLATES / "words.toml").open("rb") as file:
        loaded: dict[str, dict[str, Any]] = tomllib.load(file)
    return loaded[language]


@cache
def faker_of(locale: str) -> Faker:
    """Faker for a locale; one for all, which each filler seeds again."""
    return Faker(locale)


class Values:
    """Values for fields; the same seed gives the same ones."""

    def __init__(self, language: str, seed: int) -> None:
        self.language = language
        self.draw = random.Random(f"{language}{seed}")  # noqa: S311 - text to learn from, not a secret
        self._words = words(language)
        self._all = words("all")
        self._locales = [locale for locale in self._words["locales"] if locale in AVAILABLE_LOCALES]
        self._foreign = [locale for locale in self._all["foreign"] if locale in AVAILABLE_LOCALES]
        for locale in {*self._locales, *self._foreign, "en_US"}:
            faker_of(locale).seed_instance(f"{locale}{seed}")

    def value(self, field: str) -> str:
        """A value for a field of this name."""
        make: Callable[[], str] = getattr(self, f"_{field}")
        return make().strip()

    def _one(self, key: str) -> str:
        """One of a list; a string is a list of words, or of phrases between bars."""
        listed: str | Sequence[str] = self._words[key]
        if isinstance(listed, str):
            listed = listed.split("|") if "|" in listed else listed.split()
        return str(self.draw.choice(listed))

    def _pattern(self, key: str) -> str:
        return FIELD.sub(lambda field: self.value(field[1]), self._one(key))

    def __getattr__(self, name: str) -> Callable[[], str]:
        key = name.removeprefix("_")
        if not name.startswith("_") or key not in words(self.__dict__["language"]):
            raise AttributeError(name)
        many = isinstance(words(self.language)[key], list)
        return lambda: self._pattern(key) if many else self._one(key)

    def _date(self) -> str:
        form = (
            self._pattern("dates")
            if self.draw.random() < 0.93
            else self.draw.choice(("{Y}-{MM}-{DD}", "{Y}/{MM}/{DD}", "{MM}/{Y}", "{Y}"))
        )
        return FIELD.sub(lambda field: self.value(field[1]), form)

    def _datetime(self) -> str:
        day = self._date() if self.draw.random() < 0.3 else f"{self._Y()}-{self._MM()}-{self._DD()}"
        return (
            day
            + self.draw.choice((" ", "T", ", "))
            + self._time()
            + self.draw.choice(("", "", ":12", "Z", ":45+02:00"))
        )

    def _year(self) -> str:
        return self._Y()

    def _Y(self) -> str:  # noqa: N802 - fields are named as in date formats
        return str(self.draw.choice((self.draw.randint(1900, 2030), self.draw.randint(1990, 2026))))

    def _y(self) -> str:
        return f"{self.draw.randint(0, 99):02}"

    def _D(self) -> str:  # noqa: N802
        return str(self.draw.randint(1, 28))

    def _DD(self) -> str:  # noqa: N802
        return f"{self.draw.randint(1, 31):02}"

    def _MM(self) -> str:  # noqa: N802
        return f"{self.draw.randint(1, 12):02}"

    def _m1(self) -> str:
        return str(self.draw.randint(1, 12))

    def _M(self) -> str:  # noqa: N802
        return self._one("months")

    def _m(self) -> str:
        return self._one("short_months")

    def _W(self) -> str:  # noqa: N802
        return self._one("weekdays")

    def _weekday(self) -> str:
        return self._one("weekdays")

    def _month(self) -> str:
        return self._one("months")

    def _th(self) -> str:
        return self.draw.choice(("th", "st", "nd", "rd"))

    def _ordinal(self) -> str:
        return f"{self.draw.randint(1, 120)}{self._th()}"

    def _time(self) -> str:
        hour, minute = self.draw.randint(0, 23), self.draw.randint(0, 59)
        return self.draw.choice((f"{hour}:{minute:02}", f"{hour:02}:{minute:02}", f"{hour}.{minute:02}"))

    def _id(self) -> str:
        pattern = str(self.draw.choice(self._all["identifiers"]))
        made = (
            faker_of("en_US").bothify(pattern.replace("%", "^"))
            if "%" not in pattern
            else faker_of("en_US").hexify(pattern.replace("%", "^"))
        )
        return made.upper() if self.draw.random() < 0.8 else made

    def _iban(self) -> str:
        made = str(faker_of(self.draw.choice(self._locales)).iban())
        return (
            " ".join(made[at : at + 4] for at in range(0, len(made), 4)) if self.draw.random() < 0.5 else made
        )

    def _phone(self) -> str:
        return str(faker_of(self.draw.choice(self._locales)).phone_number())

    def _email(self) -> str:
        return str(faker_of(self.draw.choice(self._locales)).email())

    def _age(self) -> str:
        return str(self.draw.randint(1, 98))

    def _amount(self) -> str:
        whole = f"{self.draw.randint(1, 20_000)}{self.draw.choice(('', ',00', '.50', '.99', ',75'))}"
        return self.draw.choice(
            (
                f"{whole} €",
                f"€{whole}",
                f"${whole}",
                f"{whole} EUR",
                f"{whole} zł",
                f"£{whole}",
                f"R$ {whole}",
            )
        )

    def _number(self) -> str:
        return str(self.draw.randint(0, 500))

    def _n(self) -> str:
        return str(
            self.draw.choice(
                (self.draw.randint(1, 40), self.draw.randint(1, 999), self.draw.randint(1, 9999))
            )
        )

    def _small(self) -> str:
        return str(self.draw.randint(1, 20))

    def _letter(self) -> str:
        return self.draw.choice("abcABCD")
