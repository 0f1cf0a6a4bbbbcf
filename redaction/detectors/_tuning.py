"""How far each of Presidio's recognizers is believed, and which of them are not used and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Needs(Enum):
    """What a match must have to be a finding; the value is the score of a bare match."""

    NOTHING = 0.6  # its form tells
    CHECKSUM = 0.4  # a right checksum, or context and no wrong checksum
    CONTEXT = 0.2  # one of its words near it, and no wrong checksum
    REFUSED = 0.0  # not used: it matches what is no such value


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a recognizer's patterns need, by a part of the pattern's name, else ``needs``.

    ``context`` stands for its own words where those are so common that they tell nothing. ``cased`` says that
    capitals count.
    """

    needs: Needs
    by_name: Mapping[str, Needs] = field(default_factory=dict)
    context: tuple[str, ...] = ()
    cased: bool = False


_NOTHING, _CHECKSUM, _CONTEXT, _REFUSED = Needs.NOTHING, Needs.CHECKSUM, Needs.CONTEXT, Needs.REFUSED
_PASSPORT = ("passport", "travel document")
_PLATE = ("plate", "registration", "vrn", "vehicle reg", "dvla", "v5c")
_LICENCE = ("driver", "driving", "licence n", "license n", "permit n", "cdl", "dl n", "lic#")

# A recognizer that is not named here is believed as Presidio believes it.
TUNED: Mapping[str, Tuned] = {
    "AbaRouting": Tuned(_CONTEXT, context=("aba", "routing", "rtn", "ach", "wire transfer")),
    "AuAbn": Tuned(_CONTEXT, {"Medium": _CHECKSUM}),
    "AuAcn": Tuned(_CONTEXT),
    "AuMedicare": Tuned(_CONTEXT, {"Medium": _CHECKSUM}),
    "AuTfn": Tuned(_CONTEXT),
    "CaPostalCode": Tuned(_CONTEXT, {"strict": _NOTHING}, cased=True),
    "CaSin": Tuned(_CONTEXT, {"medium": _NOTHING}),
    "CreditCard": Tuned(_CHECKSUM),
    "Crypto": Tuned(_CHECKSUM),
    "DeBsnr": Tuned(_CONTEXT, context=("betriebsstätten", "bsnr", "praxisnummer", "betriebsstätte")),
    "DeFuehrerschein": Tuned(_CONTEXT),
    "DeHandelsregister": Tuned(_NOTHING, cased=True),
    "DeHealthInsurance": Tuned(_CHECKSUM, cased=True),
    "DeIdCard": Tuned(_CONTEXT),
    "DeKfz": Tuned(
        _CONTEXT,
        context=("kennzeichen", "kfz", "nummernschild", "fahrzeug", "pkw", "lkw", "zugelassen"),
        cased=True,
    ),
    "DeLanr": Tuned(_CONTEXT, context=("arztnummer", "lanr", "arzt-nr", "arzt nr", "arzt-nummer")),
    "DePassport": Tuned(
        _CONTEXT, context=("reisepass", "passnummer", "passport", "pass-nr", "pass nr", "pass:")
    ),
    "DePlz": Tuned(_CONTEXT, context=("plz", "postleitzahl", "anschrift", "wohnhaft")),
    "DeSocialSecurity": Tuned(_CHECKSUM, {"Relaxed": _CONTEXT}),
    "DeTaxId": Tuned(_CHECKSUM),
    "DeTaxNumber": Tuned(_CONTEXT, {"Bayern": _NOTHING}),
    "DeVatId": Tuned(_CHECKSUM),
    "EsNie": Tuned(_CHECKSUM),
    "EsNif": Tuned(_CHECKSUM),
    "EsPassport": Tuned(_CONTEXT),
    "FiPersonalIdentityCode": Tuned(_CHECKSUM, {"Very Weak": _REFUSED}),
    "InAadhaar": Tuned(_CONTEXT),
    "InGstin": Tuned(_CHECKSUM),
    "InPan": Tuned(_CONTEXT, {"High": _NOTHING, "Low": _REFUSED}, ("permanent account", "pan"), cased=True),
    "InPassport": Tuned(_CONTEXT),
    "InVehicleRegistration": Tuned(
        _CONTEXT, {"Very Weak": _REFUSED}, ("rto", "plate", "registration", "vehicle number"), cased=True
    ),
    "InVoter": Tuned(_CONTEXT, context=("voter", "epic", "elector")),
    "ItDriverLicense": Tuned(_CONTEXT),
    "ItFiscalCode": Tuned(_CHECKSUM),
    "ItIdentityCard": Tuned(_CONTEXT, context=("carta d'identità", "identità", "cie", "documento", "carta")),
    "ItPassport": Tuned(_CONTEXT, context=("passaporto",)),
    "ItVatCode": Tuned(_CONTEXT, context=("piva", "p.iva", "p. iva", "partita iva")),
    "KrBrn": Tuned(_CHECKSUM, {"Very weak": _CONTEXT}),
    "KrDriverLicense": Tuned(_CONTEXT),
    "KrFrn": Tuned(_CHECKSUM),
    "KrPassport": Tuned(_CONTEXT),
    "KrRrn": Tuned(_CHECKSUM),
    "MacAddress": Tuned(_NOTHING),
    "MedicalLicense": Tuned(_CONTEXT, context=("dea", "medical", "prescriber", "physician", "license")),
    "NgNin": Tuned(_CONTEXT),
    "NgVehicleRegistration": Tuned(_CONTEXT, context=_PLATE, cased=True),
    "Nhs": Tuned(_CONTEXT),
    "PhPassport": Tuned(_CONTEXT, context=("philippine", *_PASSPORT, "pasaporte", "dfa")),
    "PhTin": Tuned(_CONTEXT),
    "PhUmid": Tuned(_CONTEXT, {"with dashes": _NOTHING}),
    "PlPesel": Tuned(_CHECKSUM),
    "SeOrganisationsnummer": Tuned(_CONTEXT),
    "SePersonnummer": Tuned(_CHECKSUM, {"Very Weak": _REFUSED}),
    "SgFin": Tuned(_CONTEXT, {"medium": _NOTHING}, cased=True),
    "SgUen": Tuned(_CONTEXT),
    "ThTnin": Tuned(_CHECKSUM),
    "TrLicensePlate": Tuned(_CONTEXT, cased=True),
    "TrNationalId": Tuned(_CHECKSUM),
    "UkDrivingLicence": Tuned(_NOTHING),
    "UkNino": Tuned(_NOTHING),
    "UkPassport": Tuned(_CONTEXT, context=(*_PASSPORT, "hmpo")),
    "UkPostcode": Tuned(
        _CONTEXT,
        context=("postcode", "post code", "postal code", "zip", "address", "live at", "delivery"),
        cased=True,
    ),
    "UkVehicleRegistration": Tuned(_CONTEXT, context=_PLATE, cased=True),
    "UsBank": Tuned(
        _CONTEXT,
        context=(
            "account n",
            "account#",
            "account:",
            "account is",
            "acct",
            "bank account",
            "checking",
            "savings",
            "konto",
            "cuenta",
            "compte bancaire",
            "numéro de compte",
            "conto",
            "rekening",
            "conta",
        ),
    ),
    "UsClaimNumber": Tuned(_CONTEXT, {"(labelled)": _NOTHING}, ("claim",)),
    "UsItin": Tuned(_CONTEXT, {"medium": _NOTHING}, ("itin", "taxpayer", "individual tax")),
    "UsLicense": Tuned(_CONTEXT, context=_LICENCE),
    "UsMbi": Tuned(_NOTHING, cased=True),
    "UsNpi": Tuned(_CONTEXT, context=("npi", "national provider", "provider id", "taxonomy")),
    "UsPassport": Tuned(_CONTEXT, context=(*_PASSPORT, "passport#")),
    "UsPrescriptionNumber": Tuned(_CONTEXT, {"labelled": _NOTHING}, ("prescription", "pharmacy", "rx")),
    "UsPriorAuthorizationNumber": Tuned(
        _CONTEXT, {"labelled": _NOTHING}, ("prior auth", "preauthorization", "authorization")
    ),
    "UsProviderTaxId": Tuned(
        _CONTEXT, {"labelled": _NOTHING}, ("ein", "tin", "tax id", "employer identification")
    ),
    "UsReferralNumber": Tuned(_CONTEXT, {"labelled": _NOTHING}, ("referral", "referring")),
    "UsSsn": Tuned(
        _CONTEXT, {"SSN5": _NOTHING}, ("social security", "ssn", "ssns", "ssid", "social sec", "social")
    ),
    "Uuid": Tuned(
        _CONTEXT,
        context=("user id", "userid", "user_id", "patient", "customer", "account id", "device", "session"),
    ),
    "ZaCompanyRegistration": Tuned(_CONTEXT),
    "ZaDriverLicense": Tuned(_CONTEXT, context=_LICENCE),
    "ZaIdNumber": Tuned(_CHECKSUM),
    "ZaIncomeTaxNumber": Tuned(_CONTEXT),
    "ZaLicensePlate": Tuned(_CONTEXT, context=("plate", "registration", "natis", "enatis"), cased=True),
    "ZaPassport": Tuned(_CONTEXT, context=(*_PASSPORT, "dha")),
    "ZaTrafficRegisterNumber": Tuned(_CONTEXT),
    "ZaVatNumber": Tuned(_CONTEXT),
}

_REMOTE = "sends the text to a service"
_MODEL = "is a language model; the classifier does its work"
UNUSED: Mapping[str, str] = {
    "AzureAILanguage": _REMOTE,
    "AzureHealthDeid": _REMOTE,
    "AzureOpenAILangExtract": _REMOTE,
    "BasicLangExtract": _REMOTE,
    "LangExtract": _REMOTE,
    "GLiNER": _MODEL,
    "HuggingFaceNer": _MODEL,
    "MedicalNER": _MODEL,
    "Spacy": _MODEL,
    "Stanza": _MODEL,
    "Transformers": _MODEL,
    "Date": "our rules for dates know eight languages and leave versions and ratios alone",
    "Email": "our rule knows letters of any script, and no network is asked for suffixes",
    "Iban": "our rule knows each country's length and takes small letters",
    "Ip": "our rules leave version numbers and the `::` of program text alone",
    "Phone": "our rules find candidates in one pass, and the same library confirms them",
    "Url": "takes any `name.tld` for an address; our rules mark those that say something of a person",
    "UsHealthInsuranceMemberId": "matches any code of letters and digits; our rule asks for its label",
    "ZaMobileNumber": "our rules for telephones",
    "ZaTelephoneNumber": "our rules for telephones",
}
