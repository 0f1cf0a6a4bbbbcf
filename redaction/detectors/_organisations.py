"""Organisations that their form gives away: a legal form, a kind of institution, a court or an office."""

from redaction.detectors._words import any_of
from redaction.rules import Rule

_CAP = r"(?-i:\p{Lu})"
# A full stop ends a name, save for an initial's; what an article begins is told about, not named.
_WORD = rf"(?:{_CAP}(?:[\p{{L}}\p{{N}}'’&\-]|\.(?=\w)){{1,30}}|{_CAP}\.?|nr \d{{1,3}})(?![\p{{L}}])"
_SMALL = r"(?:&|\+|and|und|et|y|e|i|en|of|for|the|der|des|die|das|für|de|du|la|le|les|del|della|delle|dei|degli|di|da|do|dos|das|el|los|las|van|voor|het|w|we|im\.)"
_NAME = rf"{_WORD}(?:(?: {_SMALL}){{0,2}} {_WORD}){{0,4}}"
_JOINED = rf"{_WORD}(?:(?: (?:&|\+|and|und|et|y|e|i|en))? {_WORD}){{0,4}}"
_NO_ARTICLE = r"(?!(?:The|An?|At|If|All|Any|Each|Such|This|Our|Your|No|In|On|For|By|To|And|Or|Der|Die|Das|Den|Dem|Des|Eine?|Im|Am|Bei|Le|Les?|La|Un|Une|El|Los|Las|Il|Lo|Gli|De|Het|Een|Os?|As?|Um|Uma|Company|Director|Chairman|Borrower|Lender)\b)"
_FORMS = any_of([
    "GmbH", "GmbH & Co. KG", "GmbH & Co KG", "gGmbH", "mbH", "AG", "AG & Co. KG", "KG", "KGaA", "OHG", "GbR", "e.V.", "e. V.",
    "eG", "e.G.", "UG", "SE", "e.K.", "SA", "S.A.", "S. A.", "SAS", "S.A.S.", "SARL", "S.A.R.L.", "S.à r.l.", "EURL", "SCI",
    "SNC", "S.p.A.", "SpA", "S.P.A.", "S.r.l.", "Srl", "S.R.L.", "S.n.c.", "S.a.s.", "S.L.", "SL", "S.L.U.", "SLU", "S.A.U.",
    "B.V.", "B. V.", "BV", "N.V.", "NV", "V.O.F.", "BVBA", "Lda", "Lda.", "Ltda", "Ltda.", "Unipessoal Lda", "Sp. z o.o.",
    "sp. z o.o.", "Sp. z o. o.", "z o.o.", "Sp. j.", "Sp. k.", "Inc", "Inc.", "Ltd", "Ltd.", "LLC", "L.L.C.", "LLP", "LP",
    "L.P.", "PLC", "plc", "Corp", "Corp.", "Corporation", "Limited", "Co.", "Pty Ltd", "Co., Ltd.", "Pte. Ltd.",
    "Incorporated", "Holdings",
])  # fmt: skip
_FIRST_KINDS = any_of([
    "University of", "University College", "Institute of", "Institute for", "Ministry of", "Department of", "Bank of",
    "Church of", "Museum of", "Royal College of", "College of", "School of", "Federation of", "Association of",
    "Society of", "Universität", "Technische Universität", "Hochschule", "Fachhochschule", "Universitätsklinikum", "Klinikum",
    "Ministerium für", "Ministerium der", "Bundesamt für", "Landesamt für", "Amt für", "Bundesministerium für",
    "Bundesministerium der", "Sparkasse", "Volksbank", "Raiffeisenbank", "Stadtwerke", "Amtsgericht", "Landgericht",
    "Oberlandesgericht", "Verwaltungsgericht", "Oberverwaltungsgericht", "Arbeitsgericht", "Landesarbeitsgericht",
    "Sozialgericht", "Landessozialgericht", "Finanzgericht", "Staatsanwaltschaft", "Finanzamt", "Jobcenter",
    "Auswärtiges Amt", "Auswärtigen Amtes", "Auswärtigen Amts", "Krankenhaus", "Bundesagentur für", "Verband",
    "Université", "Université de", "Hôpital", "Centre hospitalier", "Clinique", "CHU de", "CHU", "CHRU", "Institut",
    "Ministère de", "Ministère des", "Ministère du", "Banque", "Lycée", "Collège", "Mairie de", "Préfecture de",
    "Tribunal de", "Cour d'appel de", "Caisse d'Epargne", "Crédit", "Société", "Fondation", "École",
    "Universidad", "Universidad de", "Hospital", "Instituto", "Ministerio de", "Banco", "Ayuntamiento de", "Fundación",
    "Clínica", "Centro de Salud", "Colegio", "Consejería de", "Juzgado de", "Asociación", "Real Academia",
    "Università", "Università di", "Università degli Studi di", "Ospedale", "Istituto", "Ministero", "Ministero della",
    "Ministero dell'", "Banca", "Comune di", "Azienda Ospedaliera", "Azienda Sanitaria", "Cooperativa", "Fondazione",
    "Agenzia delle", "Tribunale di", "Assicurazioni", "Associazione", "Policlinico", "Clinica", "Liceo", "Editrice",
    "Universiteit", "Ziekenhuis", "Ministerie van", "Gemeente", "Stichting", "Vereniging", "Waterschap", "Basisschool",
    "Hogeschool", "Rechtbank", "Uitgeverij", "Bakkerij",
    "Universidade", "Universidade de", "Universidade do", "Universidade da", "Hospital de", "Ministério da", "Ministério do",
    "Câmara Municipal de", "Associação", "Fundação", "Escola Básica", "Escola Secundária", "Escola", "Seguradora", "Editora",
    "Tribunal da", "Prefeitura de", "Padaria", "Construtora", "Clube",
    "Uniwersytet", "Politechnika", "Szpital", "Urząd Miasta", "Urząd", "Ministerstwo", "Fundacja", "Bank Spółdzielczy", "Bank Polska", "Sąd", "Szkoła",
    "Towarzystwo", "Wydawnictwo", "Zakład Ubezpieczeń", "Zakłady", "Akademia", "Stowarzyszenie", "Przychodnia", "Instytut",
    "Piekarnia", "Biuro Rachunkowe",
])  # fmt: skip
_LAST_KINDS = any_of([
    "University", "Hospital", "Institute", "College", "Bank", "Foundation", "Council", "Association", "Airlines", "Airways",
    "Insurance", "Partners", "Group", "Industries", "Pharmaceuticals", "Technologies", "Laboratories", "Motors", "Museum",
    "Ministry", "Commission", "Committee", "Authority", "Agency", "Union", "Society", "Federation", "Football Club",
    "Rovers", "United FC", "Orchestra", "Records", "Pictures", "Entertainment", "Newspapers", "Herald", "Tribune",
    "Gazette", "Universität", "Krankenhaus", "Klinik", "Versicherung", "Verlag", "Stiftung", "Ziekenhuis", "Verzekeringen",
    "& Sons", "& Söhne", "& Co", "& Co.", "& Fils", "& Figli", "& Zonen", "& Hijos", "& Filhos", "i Synowie",
])  # fmt: skip
_BODIES = r"(?:Bundes[\p{L}]{0,20}(?:gericht|gerichtshof|finanzhof|amt|anstalt|agentur|bank|kanzleramt|regierung|polizei|wehr)(?:e?s)?|[\p{L}]{3,24}ministerium(?:s)?)"


def rules() -> list[Rule]:
    """A rule for each way in which a name tells what it is.

    Where the telling word is the last, the name is looked for backwards from there: the automaton then waits for
    that word alone, and not behind each capital.
    """
    return [
        Rule("ORGANIZATION", _behind(rf"{_NO_ARTICLE}{_JOINED},?", _FORMS), 0.75),
        Rule("ORGANIZATION", rf"(?<!\w)(?-i:{_FIRST_KINDS})(?<=[’'\w])(?:e?s)? ?{_NAME}", 0.6, confirm=_longer),
        Rule("ORGANIZATION", _behind(rf"{_NO_ARTICLE}{_WORD}(?: {_WORD}){{0,3}}", _LAST_KINDS) + rf"(?! (?:de|del|da|do|di|du|des|{_CAP}))", 0.6),
        Rule("ORGANIZATION", rf"(?<!\w)(?-i:{_BODIES})(?!\w)", 0.6),
    ]  # fmt: skip


def _behind(name: str, last: str) -> str:
    return rf" (?-i:{last})(?![\w\-])(?<=(?P<value>(?<![\w&.]){name} (?-i:{last})))"


def _longer(value: str) -> bool | None:
    """A kind of institution with nothing that tells which is none."""
    return None if " " in value else False
