"""Bank accounts: IBANs of each country by its length (ISO 13616), spaced or not."""

from redaction.rules import Rule

_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_LENGTHS = {land: size for size, lands in _BY_LENGTH.items() for land in lands.split()}


def rules() -> list[Rule]:
    """IBANs in any case; the check digits decide."""
    # The value is looked at ahead, for words behind it may look like more of it; its country says how long it is.
    start, more = r"[A-Z]{2}\d\d", r"(?:[ \-]?[A-Z0-9])"
    iban = rf"(?<!\w)(?=(?P<value>{start}{more}{{11,29}}+)){start}{more}{{11}}"
    bic = r"(?<!\w)(?-i:[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?!\w)"
    return [
        Rule("IBAN_CODE", iban, 0.4, confirm=_right, trim=_length),
        Rule("SWIFT_BIC", bic, 0.2, ("bic", "swift")),
    ]


def _length(value: str) -> int:
    """How much of the value its country's IBANs take; 0 where a word begins or goes on at its end."""
    left = _LENGTHS.get(value[:2].upper(), 0)
    for at, char in enumerate(value):
        left -= char.isalnum()
        if left == 0:
            return 0 if value[at + 1 : at + 2].isalnum() else at + 1
    return 0


def _right(value: str) -> bool:
    """ISO 7064 MOD 97-10."""
    plain = value.replace(" ", "").replace("-", "").upper()
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1
