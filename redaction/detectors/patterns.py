"""Identifiers with a form: cards, accounts, numbers of persons, addresses of the net, telephones."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from redaction.detectors._presidio import presidio_rules, yaml_rules
from redaction.rules import Rule, RuleDetector

_RECOGNIZERS = (
    "CreditCard", "Iban", "Ip", "Crypto", "MacAddress",
    "UsSsn", "UsItin", "UsPassport", "UsMbi", "CaSin",
    "Nhs", "UkNino", "UkPassport",
    "DeTaxId", "DeIdCard", "DeSocialSecurity", "DeVatId", "DePassport",
    "EsNie", "EsNif", "ItFiscalCode", "PlPesel", "SePersonnummer", "FiPersonalIdentityCode",
    "AuTfn", "AuMedicare", "InAadhaar", "KrRrn", "SgFin", "TrNationalId", "ZaIdNumber",
)  # fmt: skip

_CALLING = (
    "phone", "telephone", "tel", "call", "mobile", "cell", "fax", "whatsapp", "ring", "telefon", "handy", "mobil",
    "anruf", "téléphone", "appel", "portable", "teléfono", "móvil", "telefono", "cellulare", "telefoon", "número",
)  # fmt: skip
_STREETS = (
    r"Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Drive|Dr\.?|Boulevard|Blvd\.?|Court|Ct\.?|Square|Place|"
    r"Terrace|Close|Crescent|Way|Gardens|Mews|Hill|Park|Row|Walk|Grove|Parkway|Highway"
)

# A local part of any script, a domain of any script; not the `git@host:path` of a repository.
_EMAIL = (
    r"(?<![\w!#$%&'*+/=?^`{|}~\-])[\w!#$%&*+/=?^`{|}~\-][\w.!#$%&'*+/=?^`{|}~\-]{0,63}+"
    r"@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9\-]{2,59}|\p{L}{2,24})(?![\w\-@]|:[\w.\-~]{1,60}/)"
)


class Options(BaseModel):
    """Which identifiers are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recognizers: tuple[str, ...] = Field(
        _RECOGNIZERS, description="Presidio's recognizers, by class name without the ending `Recognizer`."
    )
    recognizers_file: Path | None = Field(
        None, description="File with an operator's own recognizers in Presidio's YAML form."
    )


def build(options: Options) -> RuleDetector:
    """The detector over Presidio's rules, the operator's and ours; raises for a recognizer that is not there."""
    own = yaml_rules(options.recognizers_file) if options.recognizers_file else []
    return RuleDetector(
        "patterns", [*presidio_rules(options.recognizers), *own, *_rules()], category="personal"
    )


def _rules() -> list[Rule]:
    """What Presidio finds badly or not at all without a language model."""
    return [
        Rule("EMAIL_ADDRESS", _EMAIL, 0.9),
        Rule(
            "PHONE_NUMBER",
            r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ .\-/]?(?:\(0?\d{1,4}\)[ .\-/]?)?\d(?:[ .\-/]?\d){6,12}(?!\d)",
            0.7,
        ),
        Rule(
            "PHONE_NUMBER",
            r"(?<![\w+.\-])\(?[2-9]\d\d\)?[ .\-][2-9]?\d\d[ .\-]\d{4}(?![\w\-])",
            0.55,
            _CALLING,
        ),
        Rule(
            "PHONE_NUMBER",
            r"(?<![\w+.\-/])0[1-9]\d{1,4}[ \-/]\d{2,8}(?:[ \-]?\d{2,5}){0,4}(?![\w\-])",
            0.5,
            _CALLING,
        ),
        Rule("PHONE_NUMBER", r"(?<![\w+.\-/])(?:\d[ .\-/]?){6,14}\d(?![\w\-])", 0.1, _CALLING),
        Rule(
            "STREET_ADDRESS",
            rf"(?<!\w)\d{{1,5}}[A-Za-z]?,? (?-i:\p{{Lu}})[\p{{L}}'\-]+(?: (?-i:\p{{Lu}})[\p{{L}}'\-]+){{0,3}} (?:{_STREETS})(?!\w)",
            0.8,
        ),
        Rule(
            "STREET_ADDRESS",
            r"(?<!\w)(?-i:\p{Lu})[\p{L}\-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer) \d{1,4} ?[a-z]?(?!\w)",
            0.8,
        ),
        Rule(
            "STREET_ADDRESS",
            r"(?<!\w)\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|allée|chemin|impasse|quai) (?:(?:de|du|des|la|le|les|l') ?){0,2}(?-i:\p{Lu})[\p{L}'\-]+(?: (?-i:\p{Lu})[\p{L}'\-]+){0,2}",
            0.8,
        ),
        Rule(
            "STREET_ADDRESS",
            r"(?<!\w)(?:calle|avenida|plaza|via|viale|piazza|corso|rua|ulica|ul\.) (?:(?:de|del|della|dei|la|las|los|da|do|dos) ?){0,2}(?-i:\p{Lu})[\p{L}'\-]+(?: (?-i:\p{Lu})[\p{L}'\-]+){0,3},? ?(?:n\.?º? ?)?\d{1,4}(?!\w)",
            0.8,
        ),
    ]
