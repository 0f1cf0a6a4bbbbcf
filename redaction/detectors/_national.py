"""Numbers that states give people, where Presidio has no recognizer."""

from redaction.detectors import _checksums as checks
from redaction.rules import Confirm, Rule

_CHECKED, _WEAK, _FORM = 0.4, 0.2, 0.6
_TAX_FR = ("numéro fiscal", "n° fiscal", "spi", "impôts")
# What may stand between a name and its number: `passport no.: `, `Reisepassnummer lautet `.
_LABEL = (
    r"[ \-]?(?:no\.?|nr\.?|n[º°.]|number|num(?:mer|éro|ero)?|número|numer|nummer|id|#)?\s{0,2}"
    r"(?:is|ist|lautet|est|es|è|é|to|:|=|#)?\s{0,2}"
)
_BEFORE, _AFTER = r"(?<!\w)(?<!\w[.\-/_])", r"(?!\w)(?![.\-/_]\d)"


def rules() -> list[Rule]:
    """One rule for each identifier and way to write it."""
    return [
        Rule(
            entity_type,
            f"{_BEFORE}(?:{pattern}){_AFTER}",
            score,
            context,
            confirm,
            lonely=confirm is not None,
        )
        for entity_type, pattern, score, confirm, context in _IDENTIFIERS
    ]


_NIF_PT = checks.complement((9, 8, 7, 6, 5, 4, 3, 2), 11)
_NIP = checks.weighted((6, 5, 7, 2, 3, 4, 5, 6, 7), 11)
_REGON = checks.weighted((8, 9, 2, 3, 4, 5, 6, 7), 11, ten=0)
_TAJ = checks.weighted((3, 7, 3, 7, 3, 7, 3, 7), 10)
_HU_TAX = checks.weighted((1, 2, 3, 4, 5, 6, 7, 8, 9), 11)
_AHV = checks.complement((1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3), 10)
_CUIT = checks.complement((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11)
_DAY, _MONTH = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])"

_Identifier = tuple[str, str, float, Confirm | None, tuple[str, ...]]
_IDENTIFIERS: tuple[_Identifier, ...] = (
    ("AT_SOCIAL_SECURITY", rf"[1-9]\d{{3}} ?{_DAY}{_MONTH}\d\d", _CHECKED, checks.austrian, ("svnr", "sozialversicherung", "sv-nummer", "versicherungsnummer", "ecard", "e-card")),
    ("BE_NATIONAL_NUMBER", rf"\d\d\.(?:{_MONTH}|[24]\d)\.{_DAY}-\d{{3}}\.\d\d", _FORM, checks.belgian, ()),
    ("BE_NATIONAL_NUMBER", r"\d{6}[ \-]?\d{3}[ \-.]?\d\d", _CHECKED, checks.belgian, ("rijksregister", "registre national", "insz", "niss", "nationaal nummer")),
    ("BG_EGN", r"\d{10}", _WEAK, checks.bulgarian, ("егн", "egn", "единен граждански")),
    ("CH_AHV", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", _CHECKED, _AHV, ("ahv", "avs", "oasi")),
    ("CY_TAX_ID", r"\d{8}[A-Z]", _WEAK, None, ("αφτ", "φορολογικό", "tic")),
    ("CZ_BIRTH_NUMBER", rf"\d\d[0156]\d(?:{_DAY})/\d{{3,4}}", _CHECKED, checks.czech, ("rodné", "rodne", "r.č", "birth number")),
    ("CZ_BIRTH_NUMBER", rf"\d\d[0156]\d(?:{_DAY})\d{{4}}", _WEAK, checks.czech, ("rodné", "rodne", "r.č", "birth number")),
    ("DK_CPR", rf"{_DAY}{_MONTH}\d\d-\d{{4}}", _CHECKED, checks.danish, ("cpr", "personnummer")),
    ("DK_CPR", rf"{_DAY}{_MONTH}\d{{6}}", _WEAK, checks.danish, ("cpr", "cpr-nr", "cpr nr")),
    ("EE_PERSONAL_CODE", rf"[1-6]\d\d{_MONTH}{_DAY}\d{{4}}", _CHECKED, checks.baltic, ("isikukood", "asmens kodas", "personal code")),
    ("ES_SOCIAL_SECURITY", r"\d{2}[ /\-]?\d{8}[ /\-]?\d{2}|\d{2}[ /\-]\d{8}", _WEAK, None, ("seguridad social", "nass", "naf", "nss", "afiliación")),
    ("ES_CIF", r"[ABCDEFGHJNPQRSUVW]\d{7}[0-9A-J]", _WEAK, None, ("cif", "nif", "c.i.f")),
    ("FR_NIR", r"[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])[ .]?\d{3}[ .]?\d{3}[ .]?\d\d", _CHECKED, checks.french, ("sécurité sociale", "secu", "nir", "insee")),
    ("FR_NIR", r"[12][ .]\d\d[ .](?:0[1-9]|1[0-2])[ .](?:\d\d|2[AB])[ .]\d{3}[ .]\d{3}", _FORM, None, ()),
    ("FR_TAX_ID", r"[0-3]\d[ .]?\d\d[ .]?\d{3}[ .]?\d{3}[ .]?\d{3}", _WEAK, None, _TAX_FR),
    ("FR_ID_CARD", r"\d{12}|(?=[A-Z0-9]{0,8}\d)(?=\d{0,8}[A-Z])[A-Z0-9]{9}", _WEAK, None, ("cni", "carte d'identité", "carte nationale", "pièce d'identité")),
    ("FR_PASSPORT", r"\d{2}[A-Z]{2}\d{5}", _WEAK, None, ("passeport", "passport")),
    ("FR_RPPS", r"\d{11}", _WEAK, checks.luhn, ("rpps",)),
    ("GR_AMKA", rf"{_DAY}{_MONTH}\d{{7}}", _CHECKED, checks.greek_amka, ("αμκα", "amka")),
    ("GR_AFM", r"\d{9}", _WEAK, checks.greek_afm, ("αφμ", "afm", "α.φ.μ")),
    ("HR_OIB", r"\d{11}", _WEAK, checks.iso_11_10, ("oib", "osobni identifikacijski")),
    ("HU_TAJ", r"\d{3}[ \-]\d{3}[ \-]\d{3}|\d{9}", _WEAK, _TAJ, ("taj", "társadalombiztosítási")),
    ("HU_TAX_ID", r"8\d{9}", _WEAK, _HU_TAX, ("adóazonosító", "adószám")),
    ("IE_PPS", r"\d{7}[A-W][ABHW]?", _CHECKED, checks.irish, ("pps", "ppsn", "personal public service")),
    ("LT_PERSONAL_CODE", r"\d{11}", _WEAK, checks.baltic, ("asmens kodas", "asmens kodą")),
    ("LU_NATIONAL_ID", rf"(?:19|20)\d\d{_MONTH}{_DAY}\d{{5}}", _CHECKED, checks.luxembourgish, ("matricule", "identifiant national")),
    ("LV_PERSONAL_CODE", rf"{_DAY}{_MONTH}\d\d-[0-2]\d{{4}}|32\d{{4}}-\d{{5}}", _FORM, None, ()),
    ("MT_ID_CARD", r"\d{5,7}[MGAPLHBZ]", _WEAK, None, ("id card", "karta tal-identità", "identity card")),
    ("NL_BSN", r"\d{4}\.\d{2}\.\d{3}|\d{3}[ .]?\d{3}[ .]?\d{3}", _WEAK, checks.dutch, ("bsn", "burgerservicenummer", "sofi", "persoonsnummer")),
    ("NL_PASSPORT", r"[A-NP-Z]{2}[A-NP-Z0-9]{6}\d", _WEAK, None, ("paspoort", "passport", "identiteitskaart", "id-kaart")),
    ("NO_FODSELSNUMMER", rf"(?:{_DAY}|[4-7]\d){_MONTH}\d\d ?\d{{5}}", _CHECKED, checks.norwegian, ("fødselsnummer", "personnummer")),
    ("PL_ID_CARD", r"[A-Z]{3} ?\d{6}", _WEAK, checks.polish_card, ("dowód", "dowodu", "dowodem", "identity card", "id card")),
    ("PL_PASSPORT", r"[A-Z]{2} ?\d{7}", _WEAK, None, ("paszport", "passport")),
    ("PL_NIP", r"\d{3}-\d{3}-\d{2}-\d{2}|\d{3}-\d{2}-\d{2}-\d{3}", _CHECKED, _NIP, ("nip",)),
    ("PL_NIP", r"(?:PL)?\d{10}", _WEAK, _NIP, ("nip", "identyfikacji podatkowej")),
    ("PL_REGON", r"\d{9}", _WEAK, _REGON, ("regon",)),
    ("PT_NIF", r"[1235689]\d{2} ?\d{3} ?\d{3}", _WEAK, _NIF_PT, ("nif", "contribuinte", "identificação fiscal")),
    ("PT_CITIZEN_CARD", r"\d{8} ?\d ?[A-Z0-9]{2}\d", _WEAK, None, ("cartão de cidadão", "cc n", "bilhete de identidade")),
    ("PT_SOCIAL_SECURITY", r"[12]\d{10}", _WEAK, None, ("niss", "segurança social")),
    ("RO_CNP", rf"[1-9]\d\d{_MONTH}{_DAY}(?:0[1-9]|[1-4]\d|5[0-2])\d{{4}}", _CHECKED, checks.romanian, ("cnp", "cod numeric personal")),
    ("SI_EMSO", rf"{_DAY}{_MONTH}[09]\d\d5\d{{5}}", _CHECKED, checks.yugoslav, ("emšo", "emso", "jmbg")),
    ("EU_VAT_ID", r"(?-i:ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CY\d{8}[A-Z]|CZ\d{8,10}|DK\d{8}|EE\d{9}|EL\d{9}|ES[A-Z]\d{7}[A-Z0-9]|FI\d{8}|FR[A-Z0-9]{2}\d{9}|HR\d{11}|HU\d{8}|IE\d{7}[A-Z]{1,2}|IT\d{11}|LT(?:\d{9}|\d{12})|LU\d{8}|LV\d{11}|MT\d{8}|NL\d{9}B\d\d|PL\d{10}|PT\d{9}|RO\d{6,10}|SE\d{10}01|SI\d{8}|SK\d{10}|GB\d{9})", _WEAK, None, ("vat", "uid", "tva", "iva", "btw", "nip", "ust", "mwst", "moms", "dph")),
    ("BR_CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _FORM, None, ()),
    ("BR_CPF", r"\d{11}", _WEAK, checks.brazilian_cpf, ("cpf",)),
    ("BR_CNPJ", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", _FORM, None, ()),
    ("BR_RG", r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dX]", _WEAK, None, ("rg", "registro geral")),
    ("MX_CURP", rf"[A-Z][AEIOUX][A-Z]{{2}}\d\d{_MONTH}{_DAY}[HMX][A-Z]{{2}}[B-DF-HJ-NP-TV-Z]{{3}}[A-Z0-9]\d", _FORM, None, ()),
    ("MX_RFC", rf"[A-ZÑ&]{{3,4}}\d\d{_MONTH}{_DAY}[A-Z0-9]{{3}}", _WEAK, None, ("rfc", "registro federal")),
    ("AR_CUIT", r"(?:20|2[347]|3[034])-\d{8}-\d", _CHECKED, _CUIT, ("cuit", "cuil")),
    ("AR_DNI", r"\d{2}\.?\d{3}\.?\d{3}", _WEAK, None, ("dni", "documento nacional")),
    ("CL_RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", _CHECKED, checks.chilean, ("rut",)),
    ("CL_RUT", r"\d{7,8}-[\dK]", _WEAK, checks.chilean, ("rut", "rut:")),
    ("SG_NRIC_FIN", r"(?-i:[STFGM]\d{7}[A-Z])", _CHECKED, checks.singaporean, ()),
    ("UK_UTR", r"\d{5} ?\d{5}", _WEAK, None, ("utr", "unique taxpayer", "self assessment")),
    ("PASSPORT", rf"(?:passport|reisepass(?:nummer)?|passnummer|passeport|pasaporte|passaporto|paspoort(?:nummer)?|passaporte|paszport\w{{0,3}}){_LABEL}(?P<value>(?=[A-Z]{{0,3}}\d{{3}})[A-Z0-9]{{6,9}})", _FORM, None, ()),
    ("DRIVERS_LICENSE", rf"(?:driv(?:er|ing)['’]?s? ?licen[cs]e|driver['’]?s? ?lic\.?|führerschein|permis de conduire|permiso de conducir|carnet de conducir|patente(?: di guida)?|rijbewijs(?:nummer)?|carta de condução|cnh|praw[oa] jazdy){_LABEL}(?P<value>(?=[A-Z \-]{{0,6}}\d{{2}})[A-Z0-9](?:[ \-]?[A-Z0-9]){{5,17}})", _FORM, None, ()),
)  # fmt: skip
