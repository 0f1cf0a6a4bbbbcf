"""What is done with a finding: each operator turns a value into what stands in its place."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from redaction.errors import UnknownOperator
from redaction.placeholders import Vault, label

KEEP = "keep"
REFUSE = "refuse"
SURROGATE = "surrogate"
DEFAULT = "*"

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


def _year(value: str) -> str:
    years = set(_YEAR.findall(value))
    return years.pop() if len(years) == 1 else ""


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
        "DATE_TIME": _year,
        "DATE_OF_BIRTH": _year,
        "IP_ADDRESS": _network,
        "CREDIT_CARD": _last_four,
        "IBAN_CODE": _country,
        "AGE": _decade,
    }
)

_CHANGES: Mapping[str, Callable[[str, str, Vault], str]] = MappingProxyType(
    {"replace": replace, "mask": mask, "hash": hashed, "generalize": generalize}
)

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
