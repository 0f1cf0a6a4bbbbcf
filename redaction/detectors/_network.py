"""Machines, vehicles and files: addresses of the net, wallets, vehicles' numbers, record numbers."""

import ipaddress

from redaction.detectors import _checksums as checks
from redaction.rules import Rule

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_VERSION = r"(?<!v)(?<!version )(?<!version: )(?<!ver )(?<!ver\. )(?<!release )(?<!==)(?<!>=)(?<!~=)(?<!\^)"
_LABEL = r"[\"']?\s{0,2}(?:no\.?|nr\.?|n[º°]|number|num(?:mer|éro|ero)?|id|#)?\s{0,2}[:#=.]{0,2}\s{0,2}"


def rules() -> list[Rule]:
    """One rule for each form."""
    return [
        Rule("IP_ADDRESS", rf"(?<![\w.\-]){_VERSION}(?:{_OCTET}\.){{3}}{_OCTET}(?:/\d{{1,2}})?(?![\w\-]|\.\d)", 0.6, ("ip", "host", "server", "address"), _real_ipv4),
        Rule("IP_ADDRESS", r"(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){0,7}(?:%\w{1,16})?(?:/\d{1,3})?(?![\w:])", 0.6, confirm=_real_ipv6),
        Rule("IP_ADDRESS", r"(?<![\w:.])[0-9a-f]{0,4}::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}(?:/\d{1,3})?(?![\w:])", 0.2, ("ip", "ipv6", "address", "host"), _real_ipv6),
        Rule("IP_ADDRESS", rf"(?<![\w:])(?:[0-9a-f]{{0,4}}:){{2,6}}(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.])", 0.6, confirm=_real_ipv6),
        Rule("CRYPTO", r"(?<!\w)0x[0-9a-f]{40}(?!\w)", 0.6),
        Rule("CRYPTO", r"(?<!\w)(?-i:[LM][1-9A-HJ-NP-Za-km-z]{26,33}|ltc1[0-9a-z]{39,59})(?!\w)", 0.2, ("litecoin", "ltc", "wallet")),
        Rule("CRYPTO", r"(?<!\w)(?-i:r[1-9A-HJ-NP-Za-km-z]{24,34}|T[1-9A-HJ-NP-Za-km-z]{33}|D[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|addr1[0-9a-z]{50,100})(?!\w)", 0.2, ("wallet", "xrp", "ripple", "tron", "doge", "monero", "xmr", "cardano", "ada", "crypto")),
        Rule("VIN", r"(?<!\w)(?=[A-Z0-9]{0,16}\d)(?-i:[A-HJ-NPR-Z0-9]{11}[A-HJ-NPR-Z0-9]{2}\d{4})(?!\w)", 0.2, ("vin", "vehicle identification", "chassis", "fahrgestell", "fin", "châssis", "bastidor", "telaio", "chassisnummer", "nadwozia"), _letters),
        Rule("VIN", r"(?<!\w)(?-i:[1-5][A-HJ-NPR-Z][A-HJ-NPR-Z0-9]{6}[0-9X][A-HJ-NPR-Z0-9]{4}\d{4})(?!\w)", 0.4, ("vin",), checks.vin),
        Rule("MEDICAL_RECORD_NUMBER", rf"(?<!\w)(?:mrn|medical record|patient(?:en)?[ \-]?(?:id|no|nr|number|nummer)|chart|NHC|historia cl[ií]nica|n[úu]mero de historia|nip patient|ipp|dossier patient|cartella clinica|patiëntnummer|processo cl[ií]nico|fallnummer|aktenzeichen){_LABEL}(?P<value>(?=[A-Z\-/]{{0,6}}\d)[A-Z0-9][A-Z0-9\-/]{{3,19}})(?!\w)", 0.7),
        Rule("US_HEALTH_INSURANCE_MEMBER_ID", rf"(?<!\w)(?:member|subscriber|policy|insurance|group){_LABEL}(?P<value>(?=[A-Z\-]{{1,9}}\d)[A-Z0-9][A-Z0-9\-]{{5,19}})(?!\w)", 0.6),
        Rule("LICENSE_PLATE", r"(?<!\w)(?=[A-Z0-9 \-]{0,9}\d)(?=[0-9 \-]{0,5}[A-Z])(?-i:[A-ZÄÖÜ0-9]{1,4}(?:[ \-][A-Z0-9]{1,4}){1,3}|[A-Z0-9]{5,8})(?!\w)", 0.2, ("license plate", "licence plate", "number plate", "plate n", "kennzeichen", "immatricul", "plaque d", "matrícula", "targa", "kenteken", "rejestracyjn", "placa n", "placa do")),
    ]  # fmt: skip


def _real_ipv4(value: str) -> bool | None:
    # Small numbers throughout are rather a version or a numbered section than somebody's machine.
    parts = value.partition("/")[0].split(".")
    return False if all(len(part) == 1 for part in parts) and value not in {"1.1.1.1", "8.8.8.8"} else None


def _real_ipv6(value: str) -> bool | None:
    try:
        address = ipaddress.IPv6Address(value.partition("/")[0].partition("%")[0])
    except ValueError:
        return False
    telling = value.count(":") >= 3 and sum(map(str.isdigit, value)) >= 2
    return None if telling and not address.is_loopback else False


def _letters(value: str) -> bool | None:
    return None if sum(map(str.isalpha, value)) >= 3 else False
