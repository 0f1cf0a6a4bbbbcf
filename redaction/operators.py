"""What is done with a finding: each operator turns a value into what stands in its place."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from redaction import person
from redaction.errors import UnknownOperator
from redaction.placeholders import Vault, label

KEEP = "keep"
REFUSE = "refuse"
SURROGATE = "surrogate"
DEFAULT = "*"

_ISO_MONTH = re.compile(r"(?:1[89]|20)\d\d-(?:0[1-9]|1[0-2])(?=-\d\d)")
# How months begin in English, German, French, Spanish, Italian, Dutch, Portuguese and Polish.
_MONTH = re.compile(
    r"(?<![^\W\d_])(?:jan|ene|gen|sty|feb|fév|fev|lut|mar|mär|mrt|apr|avr|abr|kwi|may|mai|maj|mei|mag|jun|juin|giu"
    r"|cze|jul|juil|lug|lip|aug|aoû|ago|sie|sep|set|wrz|oct|okt|out|ott|paź|nov|lis|dec|dez|déc|dic|gru)[^\W\d_]*",
    re.IGNORECASE,
)
# The calling code only where a separator ends it, for codes have one to three digits.
_CALLING_CODE = re.compile(r"\s*(?:\+|00)(1|7|[2-9]\d{1,2})(?=[ .\-/(])")
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


def mask(entity_type: str, _value: str, _vault: Vault) -> str:
    """The entity type alone: neither the value nor its length can be told from it."""
    return f"[{label(entity_type)}]"


def hashed(entity_type: str, value: str, vault: Vault) -> str:
    """A keyed digest, the same for a value everywhere in the department, that nothing turns back."""
    return f"[{label(entity_type)}#{vault.hashed(entity_type, value)}]"


def replace(entity_type: str, value: str, vault: Vault) -> str:
    """A placeholder, which the reply may bring back."""
    return vault.token(entity_type, value)


def foreign(entity_type: str, value: str, vault: Vault) -> str:
    """A placeholder for what the model made up: it looks alike and brings nothing back."""
    return vault.foreign(entity_type, value)


def generalize(entity_type: str, value: str, vault: Vault) -> str:
    """The value made coarse where that means something, else as ``mask``."""
    coarser = _COARSER.get(entity_type)
    coarse = coarser(value) if coarser else ""
    return coarse or mask(entity_type, value, vault)


def _month(value: str) -> str:
    """Month and year where the month is told by name or by the order of ISO 8601, else the year."""
    if iso := _ISO_MONTH.match(value.strip()):
        return iso[0]
    year, month = _year(value), _MONTH.search(value)
    return f"{month[0]} {year}" if year and month else year


def _year(value: str) -> str:
    years = set(_YEAR.findall(value))
    return years.pop() if len(years) == 1 else ""


def _initials(value: str) -> str:
    return " ".join(f"{word[0]}." for word in person.words(value))


def _town(value: str) -> str:
    """The town of an address that names it after its last comma, without the postcode."""
    _, comma, last = value.rpartition(",")
    words = [word for word in last.split() if word[:1].isupper() and word.isalpha() and not word.isupper()]
    return f"[STREET_ADDRESS in {' '.join(words)}]" if comma and words else ""


def _calling_code(value: str) -> str:
    code = _CALLING_CODE.match(value)
    return f"[PHONE_NUMBER +{code[1]}]" if code else ""


def _network(value: str) -> str:
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        return ""
    return str(ipaddress.ip_network((address, 16 if address.version == 4 else 32), strict=False))  # noqa: PLR2004 - IP version


def _last_four(value: str) -> str:
    digits = "".join(char for char in value if char.isdigit())
    return f"[CREDIT_CARD ending {digits[-4:]}]" if len(digits) >= 12 else ""  # noqa: PLR2004 - shortest card (ISO/IEC 7812)


def _country(value: str) -> str:
    country = value.strip()[:2].upper()
    return f"[IBAN_CODE {country}]" if country.isascii() and country.isalpha() else ""


def _decade(value: str) -> str:
    digits = re.search(r"\d{1,3}", value)
    return f"{int(digits.group()) // 10 * 10}s" if digits else ""


_COARSER: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "DATE_TIME": _month,
        "DATE_OF_BIRTH": _year,
        "IP_ADDRESS": _network,
        "CREDIT_CARD": _last_four,
        "IBAN_CODE": _country,
        "AGE": _decade,
        "PERSON": _initials,
        "STREET_ADDRESS": _town,
        "PHONE_NUMBER": _calling_code,
    }
)

_CHANGES: Mapping[str, Callable[[str, str, Vault], str]] = MappingProxyType(
    {"replace": replace, "mask": mask, "hash": hashed, "generalize": generalize}
)

# What these put in a value's place tells nothing about it to whoever lacks the key.
TELL_NOTHING: frozenset[str] = frozenset({"replace", "mask", "hash"})
IMPLEMENTED: frozenset[str] = frozenset({KEEP, REFUSE, SURROGATE, *_CHANGES})


@dataclass(frozen=True, slots=True)
class Plan:
    """Operators by entity type; ``*`` is required and speaks for all others.

    Raises ``UnknownOperator`` for an operator that is not implemented here or when ``*`` is missing.
    """

    operators: Mapping[str, str]
    kept: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.operators.values()) - IMPLEMENTED)
        if unknown:
            raise UnknownOperator(f"operators that are not implemented: {', '.join(unknown)}")
        if DEFAULT not in self.operators:
            raise UnknownOperator('a plan needs an operator for "*"')
        kept = frozenset(name for name, operator in self.operators.items() if operator == KEEP)
        object.__setattr__(self, "kept", kept)

    def operator(self, entity_type: str) -> str:
        """The operator for findings of this type."""
        return self.operators.get(entity_type) or self.operators[DEFAULT]


def apply(operator: str, entity_type: str, value: str, vault: Vault, text: str = "") -> str:
    """What stands in the place of the caller's value in ``text``, for all but ``keep`` and ``refuse``."""
    if operator == SURROGATE:
        return vault.stand_in(entity_type, value, text)
    return _CHANGES[operator](entity_type, value, vault)


def apply_to_reply(operator: str, entity_type: str, value: str, vault: Vault) -> str:
    """What stands in the place of a value that the model made up; it never becomes resolvable.

    That is a token of no meaning for ``surrogate`` too: a stand-in would look like what the model said.
    """
    if operator in {"replace", SURROGATE}:
        return foreign(entity_type, value, vault)
    return apply(operator, entity_type, value, vault)
