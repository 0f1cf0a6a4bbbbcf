"""Dates as people write them, in numbers and with the names of months in eight languages."""

from redaction.detectors._words import any_of
from redaction.rules import Rule

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "januar|jänner|februar|märz|mai|juni|juli|oktober|dezember|"
    "janvier|février|fevrier|mars|avril|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre|"
    "gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|"
    "januari|februari|maart|mei|augustus|oktober|"
    "janeiro|fevereiro|março|marco|maio|junho|julho|setembro|outubro|novembro|dezembro|"
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|wrzesnia|października|pazdziernika|"
    "listopada|grudnia|"
    "styczeń|luty|marzec|kwiecień|czerwiec|lipiec|sierpień|wrzesień|październik|listopad|grudzień"
)
_SHORT = (
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|mrz|okt|dez|janv|févr|fév|avr|juil|déc|ene|abr|ago|dic|"
    "gen|mag|giu|lug|set|ott|mrt|fev|out|sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru"
)
_LONG = any_of(_MONTHS.split("|"))
_NAME = rf"(?:{any_of([*_MONTHS.split('|'), *_SHORT.split('|')])}\.?)"
_ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_CAPITAL = rf"(?-i:{any_of([*_ENGLISH, *(name[:3] for name in _ENGLISH), 'Sept'])}\.?)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:1[5-9]|20)\d\d"
_ORDINAL = r"(?:st|nd|rd|th|er|e|º|ª|°|\.)?"
_OF = r"(?:(?:of|de|del|di|do|da) )?"
_TIME = r"(?:(?:T|,? (?:at |um |à |a las |alle |om |às |o )?)(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[ap]\.?m\.?|Uhr|[+\-]\d\d:?\d\d))?)?"
# Beyond a joint it is a version, an address or a serial number.
_BEFORE, _AFTER = r"(?<![\w$€£])(?<!\w[.\-/_])(?<!\d:)", r"(?!\w)(?![.\-/:_]\w)"
_BORN = (
    "born", "birth", "dob", "d.o.b", "geboren", "geb.", "geburt", "naissance", "né le", "née le", "nacimiento",
    "nacid", "nascita", "nato il", "nata il", "geboorte", "nascimento", "nascid", "urodz", "date", "datum",
    "fecha", "data", "expir", "valid", "gültig",
)  # fmt: skip


def rules() -> list[Rule]:
    """One rule for each way to write a date."""
    written = [
        rf"{_DAY}{_ORDINAL}[ \-]{_OF}{_NAME}(?:,? ?{_OF}|-){_YEAR}{_TIME}",
        rf"{_DAY}{_ORDINAL}[ \-]{_OF}(?:{_LONG}|{_CAPITAL})[ \-]'?\d\d(?![.,:]\d)",
        # "may", "march", "mars" and "mai" are words as well, unless they have a capital.
        rf"{_DAY}{_ORDINAL} {_OF}(?:(?!(?:may|march|mars|mai|marca|maja)\b){_LONG}|{_CAPITAL}|(?-i:Mai|mars|marca|maja))",
        rf"(?:{_NAME} {_DAY}(?:st|nd|rd|th)?,? ?{_YEAR}|{_CAPITAL} {_DAY}(?:st|nd|rd|th)?(?! ?%)){_TIME}",
        rf"(?:{_LONG}|{_CAPITAL}),? {_OF}{_YEAR}",
        rf"{_YEAR}[\- ]{_NAME}[\- ]{_DAY}",
        rf"{_LONG}[\-’']\d\d|{_DAY}-{_CAPITAL}|{_CAPITAL}-\d\d(?:\d\d)?",
    ]
    numbers = [
        rf"{_YEAR}([\-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01]){_TIME}",
        rf"{_YEAR}([\-/.]){_MONTH}\1{_DAY}{_TIME}",
        rf"{_DAY}([\-/.]) ?{_MONTH} ?\1 ?{_YEAR}{_TIME}",
        rf"{_MONTH}([\-/.]){_DAY}\1{_YEAR}{_TIME}",
        rf"{_DAY}/{_MONTH}/\d\d{_TIME}",
        rf"{_MONTH}/{_DAY}/\d\d{_TIME}",
        r"(?:0[1-9]|[12]\d|3[01])([.\-])(?:0[1-9]|1[0-2])\1\d\d",
        rf"{_DAY}([\-/]){_MONTH}\1\d\d",
        rf"{_YEAR}年\d{{1,2}}月\d{{1,2}}日",
        r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ?",
    ]
    weak = [rf"(?:0[1-9]|1[0-2])/{_YEAR}", rf"{_DAY}\. ?{_MONTH}\.", r"(?:0[1-9]|1[0-2])/\d\d"]
    return [
        *(Rule("DATE_TIME", f"{_BEFORE}(?:{pattern}){_AFTER}", 0.7) for pattern in (*written, *numbers)),
        *(Rule("DATE_TIME", f"{_BEFORE}(?:{pattern}){_AFTER}", 0.2, _BORN) for pattern in weak),
    ]
