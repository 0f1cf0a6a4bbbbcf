"""Street addresses in eight languages: a kind of street, a name with a capital, a house number."""

from redaction.detectors._words import any_of
from redaction.rules import Rule

_STREETS = any_of(
    [
        r"Street",
        r"St",
        r"Road",
        r"Rd",
        r"Avenue",
        r"Ave",
        r"Lane",
        r"Ln",
        r"Drive",
        r"Dr",
        r"Boulevard",
        r"Blvd",
        r"Court",
        r"Ct",
        r"Square",
        r"Sq",
        r"Place",
        r"Pl",
        r"Terrace",
        r"Close",
        r"Crescent",
        r"Way",
        r"Gardens",
        r"Mews",
        r"Hill",
        r"Park",
        r"Row",
        r"Walk",
        r"Grove",
        r"Parkway",
        r"Pkwy",
        r"Highway",
        r"Hwy",
        r"Trail",
        r"Circle",
        r"Cir",
        r"Plaza",
        r"Loop",
        r"View",
        r"Heights",
        r"Ridge",
        r"Rise",
        r"Green",
        r"Alley",
        r"Broadway",
        r"Route",
        r"Path",
        r"Pike",
        r"Run",
        r"Crossing",
        r"Expressway",
        r"Freeway",
        r"Bypass",
        r"Wharf",
        r"Quay",
    ]
)
_VIA = any_of(
    [
        "calle",
        "c/",
        "avenida",
        "avda",
        "avda.",
        "av.",
        "plaza",
        "pza",
        "pza.",
        "paseo",
        "pº",
        "camino",
        "carretera",
        "ctra",
        "ctra.",
        "ronda",
        "travesía",
        "glorieta",
        "urbanización",
        "urb.",
        "callejón",
        "pasaje",
        "via",
        "viale",
        "v.le",
        "piazza",
        "p.zza",
        "piazzale",
        "corso",
        "c.so",
        "largo",
        "vicolo",
        "strada",
        "contrada",
        "lungomare",
        "borgo",
        "rua",
        "rúa",
        "travessa",
        "praça",
        "alameda",
        "estrada",
        "rodovia",
        "ulica",
        "ul.",
        "aleja",
        "plac",
        "pl.",
        "osiedle",
        "rondo",
        "rue",
    ]
)
_CAP = r"(?-i:[\p{Lu}])"
_WORD = rf"{_CAP}[\p{{L}}'’.\-]{{1,24}}"
_SMALL = r"(?:(?:de|du|des|la|le|les|l['’]|d['’]|del|della|delle|dei|dello|degli|las|los|da|do|dos|das|e|y|van|der|den|het|ter|in|op|'t|am|an|zum|zur|im|im\.|of|the) ?)"
_NAME = (
    rf"{_SMALL}{{0,3}}{_CAP}[\p{{L}}\d'’.\-]{{0,24}}(?: {_SMALL}{{0,3}}{_CAP}[\p{{L}}'’.\-]{{0,24}}){{0,4}}"
)
_NUMBER = r"\d{1,5}(?: ?[\-/] ?\d{1,4})?(?: ?(?-i:[A-Za-z]))?(?!\w)"
_FLOOR = r"(?:,? ?\d{1,2} ?[ºª°]? ?(?-i:[A-Z]|dcha|izda|izq)?\.?(?!\w)){0,2}"
_UNIT = (
    r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|Room|Rm|No|#|Whg|Wohnung|Etage|Stock|App|Bât|Bat|étage|"
    r"piso|puerta|esc|int|interno|scala|lokal|lok|m|bus|andar|apto)\.? ?#?\d{0,4} ?(?-i:[A-Z0-9])?(?!\w))?"
)
# A town may follow, with its postal code before or behind it; the whole is one address.
_TOWN = rf"(?:(?:,| -|\n)? {{0,2}}(?:(?:{_CAP}{{1,2}}-)?\d{{2}}-?\d{{3}}(?: ?[A-Z]{{2}}(?!\w))?|\d{{4}} ?(?-i:[A-Z]{{2}})|\d{{4}}(?:-\d{{3}})?) {_WORD}(?:[ \-]{_WORD}){{0,2}})?"
_US_TOWN = rf"(?:(?:,|\n)? {{0,2}}{_WORD}(?: {_WORD}){{0,2}},? {{1,2}}(?-i:[A-Z]{{2}}),? {{1,2}}\d{{5}}(?:-\d{{4}})?)?"


def rules() -> list[Rule]:
    """One rule for each language's way to write an address."""
    return [
        Rule("STREET_ADDRESS", rf"(?<![\w$€£.,])\d{{1,5}}(?:-\d{{1,4}})?[A-Za-z]?,? (?:(?-i:[NSEW])\.? |(?:North|South|East|West) )?{_WORD}(?: (?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th))){{0,3}} (?:{_STREETS})(?!\w)\.?{_UNIT}{_US_TOWN}", 0.8, confirm=_no_count),
        Rule("STREET_ADDRESS", rf"(?<![\w$€£.,])\d{{1,5}} (?:(?-i:[NSEW])\.? )?\d{{1,3}}(?:st|nd|rd|th) (?:{_STREETS})(?!\w)\.?{_UNIT}{_US_TOWN}", 0.8),
        Rule("STREET_ADDRESS", r"(?<!\w)(?:P\.? ?O\.? ?Box|Postfach|Boîte postale|Apartado(?: de correos)?|Casella postale|Postbus|Caixa postal|Skrytka pocztowa) ?\d{1,7}(?: ?\d{2,4})?(?!\w)", 0.7),
        Rule("STREET_ADDRESS", rf"(?<!\w){_CAP}[\p{{L}}\-]{{1,30}}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|markt|steig|pfad|chaussee|straat|laan|plein|gracht|kade|dijk|singel|dreef|steeg)(?!\w) {{0,2}}{_NUMBER}{_UNIT}{_TOWN}", 0.8),
        Rule("STREET_ADDRESS", rf"(?<!\w)(?:{_CAP}[\p{{L}}\-]{{1,24}} |(?:Am|An der|Auf der|Auf dem|Im|In der|Zum|Zur|Unter den|Alte[rn]?|Neue[rn]?|Große|Kleine) ){{1,3}}(?-i:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Markt|Chaussee|Linden|Berg|Hof|Graben)(?!\w) {_NUMBER}{_UNIT}{_TOWN}", 0.8),
        Rule("STREET_ADDRESS", rf"(?<!\w)(?-i:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Hinter der|Vor dem|Bei der) (?:{_WORD} )?{_WORD} \d{{1,3}}(?: ?(?-i:[a-z]))?(?!\w)(?=,|\n| in |$)", 0.6),
        Rule("STREET_ADDRESS", rf"(?<![\w.,])\d{{1,4}}(?: ?(?:bis|ter|quater|[A-D]))?,? (?:rue|avenue|av\.|boulevard|bd|blvd|place|pl\.|allées?|chemin|ch\.|impasse|quai|cours|route|rte|passage|square|sentier|villa|faubourg|résidence|lotissement|rond-point|esplanade|promenade|montée|voie) {_NAME}{_UNIT}{_TOWN}", 0.8),
        Rule("STREET_ADDRESS", rf"(?<!\w){_VIA} ?{_NAME},? {{0,2}}(?:n[.º°]{{1,2}} ?|nº ?|num\.? ?|núm\.? ?|n\. ?)?(?:{_NUMBER}{_FLOOR}|s/n){_UNIT}{_TOWN}", 0.8),
        Rule("UK_POSTCODE", r"(?<![\w\-])(?-i:(?:GIR 0AA|[A-PR-UWYZ](?:\d[\dA-HJKPS-UW]?|[A-HK-Y]\d[\dABEHMNPRV-Y]?) \d[ABD-HJLNP-UW-Z]{2}))(?![\w\-])", 0.6),
    ]  # fmt: skip


def _no_count(value: str) -> bool | None:
    """False for a year or a count before a name that only looks like a street's."""
    first = value.split(" ", 1)[0]
    return False if first.isdigit() and 1990 <= int(first) <= 2030 and " Street" not in value else None
