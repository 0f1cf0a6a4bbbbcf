"""Stand-ins: values of the same kind and shape that nobody has.

They come from ranges kept free for examples where there are such: example.com (RFC 2606), 192.0.2.0/24 and
its kin (RFC 5737), 2001:db8::/32 (RFC 3849), 00-00-5E-00-53 (RFC 7042), 555-01xx and the numbers that
regulators of Great Britain, Germany and France keep for films, published test cards, social security numbers
that are never issued. Elsewhere digits and letters are drawn anew and the separators stay.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from hashlib import shake_256

from redaction import person
from redaction.standin_tables import table

_LONGEST = 128
_FEWEST = 6  # letters and digits that tell a made-up value from what a text may hold by chance
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_DOMAINS = ("example.com", "example.org", "example.net")
# Issuer's prefixes of cards that payment firms publish for tests.
_CARDS = (
    ("34", "371449"),
    ("37", "378282"),
    ("3", "305693"),
    ("4", "424242"),
    ("5", "555555"),
    ("6", "601111"),
)
_FILM_NUMBERS = (
    ("447", "447700900"), ("44", "442079460"), ("491", "4917139200"), ("49", "4930231250"),
    ("336", "33639980"), ("33", "33199000"),
)  # fmt: skip
_NANP_DIGITS = 10
_PLAIN_LETTERS = str.maketrans("łøßđ", "losd")


class Draw:
    """Choices that a seed decides, the same everywhere and always."""

    def __init__(self, seed: bytes) -> None:
        self._left = int.from_bytes(shake_256(seed).digest(4 * _LONGEST))

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound`` - 1."""
        self._left, chosen = divmod(self._left, bound)
        return chosen

    def of(self, words: tuple[str, ...]) -> str:
        """One of these words."""
        return words[self.below(len(words))]

    def digits(self, count: int) -> str:
        """So many digits."""
        return "".join(str(self.below(10)) for _ in range(count))


def stand_in(entity_type: str, value: str, language: str, draw: Draw) -> str | None:
    """A value of the same kind; None where none can be made that would be known again."""
    if len(value) > _LONGEST:
        return None
    return _MAKERS.get(entity_type, _same_shape)(value, language, draw)


def _person(value: str, language: str, draw: Draw) -> str | None:
    names = table(language)
    given, family = draw.of(names.given), draw.of(names.family)
    spoken = person.words(value)
    title = value[: value.find(spoken[0])] if spoken else ""
    if len(spoken) < 2:  # noqa: PLR2004  a given name and a family name
        return f"{title}{given}"
    return f"{title}{family}, {given}" if "," in value else f"{title}{given} {family}"


def _email(value: str, language: str, draw: Draw) -> str | None:
    del value
    names = table(language)
    local = f"{draw.of(names.given)}.{draw.of(names.family)}".lower().translate(_PLAIN_LETTERS)
    plain = unicodedata.normalize("NFKD", local).encode("ascii", "ignore").decode()
    return f"{plain}@{draw.of(_DOMAINS)}"


def _town(value: str, language: str, draw: Draw) -> str | None:
    del value
    return draw.of(table(language).towns)


def _company(value: str, language: str, draw: Draw) -> str | None:
    del value
    names = table(language)
    return f"{draw.of(names.family)} {names.company}"


def _street(value: str, language: str, draw: Draw) -> str | None:
    street, number = draw.of(table(language).streets), 1 + draw.below(189)
    if language == "en":
        return f"{number} {street} Road"
    if language == "fr":
        return f"{number} rue des {street}"
    before = {"es": "calle de los ", "it": "via delle ", "pt": "rua das ", "pl": "ul. "}.get(language, "")
    return f"{number} {street}" if value[:1].isdigit() and not before else f"{before}{street} {number}"


def _phone(value: str, _language: str, draw: Draw) -> str | None:
    digits = "".join(filter(str.isdigit, value))
    international = value.lstrip(" (").startswith("+")
    national = digits.removeprefix("00") if digits.startswith("00") else digits
    if international or national is not digits:
        for country, film in _FILM_NUMBERS:
            if national.startswith(country) and len(national) > len(film):
                return _with_digits(
                    value, digits[: -len(national)] + film + draw.digits(len(national) - len(film))
                )
    if len(national.removeprefix("1")) == _NANP_DIGITS:
        area = str(2 + draw.below(8)) + draw.digits(2)
        return _with_digits(value, digits[:-_NANP_DIGITS] + f"{area}55501{draw.digits(2)}")
    # The country stays, and a subscriber's number never begins with two zeros.
    kept = digits[: len(digits) - len(national) + (2 if international or national is not digits else 0)]
    if len(digits) < _FEWEST + 1:
        return None
    return _with_digits(value, kept + "00" + draw.digits(len(digits) - len(kept) - 2))


def _card(value: str, _language: str, draw: Draw) -> str | None:
    digits = "".join(filter(str.isdigit, value))
    prefix = next((test for start, test in _CARDS if digits.startswith(start)), "999999")
    body = prefix + draw.digits(len(digits) - len(prefix) - 1)
    return _with_digits(value, body + luhn_digit(body)) if len(digits) > len(prefix) + 4 else None


def _iban(value: str, _language: str, draw: Draw) -> str | None:
    compact = "".join(filter(str.isalnum, value))
    # No bank has a number of zeros.
    body = "".join(
        "0" if place < 4 and char.isdigit() else _like(char, draw)  # noqa: PLR2004  the bank's number
        for place, char in enumerate(compact[4:])
    )
    country = compact[:2].upper()
    return _with_alnum(value, country + iban_check(country, body) + body)


def _address(value: str, _language: str, draw: Draw) -> str | None:
    if ":" in value:
        groups = (f"{draw.below(0xFFFF) + 1:x}" for _ in range(3))
        return str(ipaddress.ip_address("2001:db8::" + ":".join(groups)))
    return f"{draw.of(_NETWORKS)}.{1 + draw.below(254)}"


def _mac(value: str, _language: str, draw: Draw) -> str | None:
    made = f"00005e0053{draw.below(256):02x}"
    return _with_alnum(value, made.upper() if value.isupper() else made)


def _ssn(value: str, _language: str, draw: Draw) -> str | None:
    # Areas from 900 on are never issued, and with these groups the number is no ITIN either.
    return _with_digits(value, f"9{draw.digits(2)}{1 + draw.below(49):02d}{1 + draw.below(9998):04d}")


def _url(value: str, _language: str, draw: Draw) -> str | None:
    scheme, found, rest = value.partition("://")
    path = rest.partition("/")[2] if found else value.partition("/")[2]
    site = f"www.{draw.of(_DOMAINS)}/{draw.digits(4)}"
    return f"{scheme}://{site}{_redrawn(path, draw)}" if found else f"{site}{_redrawn(path, draw)}"


def _date(value: str, _language: str, draw: Draw) -> str | None:
    def other(number: re.Match[str]) -> str:
        digits = number[0]
        if len(digits) == 4:  # noqa: PLR2004  a year
            return str(int(digits) - 1 - draw.below(3))
        return str(1 + draw.below(12)).zfill(len(digits))  # good for a day and for a month

    return re.sub(r"\d+", other, value) if re.search(r"\d", value) else None


def _same_shape(value: str, _language: str, draw: Draw) -> str | None:
    if sum(map(str.isalnum, value)) < _FEWEST or not any(map(str.isdigit, value)):
        return None
    return _redrawn(value, draw)


def _redrawn(value: str, draw: Draw) -> str:
    return "".join(_like(char, draw) for char in value)


def _like(char: str, draw: Draw) -> str:
    if char.isdigit():
        return str(draw.below(10))
    if not char.isalpha():
        return char
    letter = chr(ord("a") + draw.below(26))
    return letter.upper() if char.isupper() else letter


def _with_digits(value: str, digits: str) -> str | None:
    return _put(value, digits, str.isdigit)


def _with_alnum(value: str, letters: str) -> str | None:
    return _put(value, letters, str.isalnum)


def _put(value: str, letters: str, is_place: Callable[[str], bool]) -> str | None:
    """The value with these letters in its places, as many as it has."""
    if sum(map(is_place, value)) != len(letters):
        return None
    left = iter(letters)
    return "".join(_cased(next(left), char) if is_place(char) else char for char in value)


def _cased(letter: str, like: str) -> str:
    return letter.lower() if like.islower() else letter.upper() if like.isupper() else letter


def luhn_digit(body: str) -> str:
    """The last digit of a number (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(body)))
    return str(-sum(number - 9 if number > 9 else number for number in doubled) % 10)  # noqa: PLR2004  digit sum


def iban_check(country: str, body: str) -> str:
    """The check digits of an account (ISO 13616, section 5)."""
    number = int("".join(str(int(char, 36)) for char in f"{body}{country}00"))
    return f"{98 - number % 97:02d}"


_MAKERS: Mapping[str, Callable[[str, str, Draw], str | None]] = {
    "PERSON": _person,
    "EMAIL_ADDRESS": _email,
    "LOCATION": _town,
    "ORGANIZATION": _company,
    "STREET_ADDRESS": _street,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "IP_ADDRESS": _address,
    "MAC_ADDRESS": _mac,
    "US_SSN": _ssn,
    "URL": _url,
    "DATE_TIME": _date,
    "DATE_OF_BIRTH": _date,
}
