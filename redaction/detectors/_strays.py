"""What of the classifier's findings is too unsure to be one, and where a finding ends.

The bounds rest on the training side of the labelled sets: of runs in small letters below them 2 of 42 were places
and 9 of 66 were people, and of lone words at the beginning of a sentence 4 of 28 were places.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import regex

from redaction.classifier.decide import Span

_NAMED = frozenset(("PERSON", "LOCATION", "ORGANIZATION"))
_SMALL = {"LOCATION": 0.6, "ORGANIZATION": 0.65, "PERSON": 0.5}  # nothing in it has a capital
_FIRST = {"LOCATION": 0.6, "ORGANIZATION": 0.6, "PERSON": 0.4}  # one word, first of its sentence
_ALONE = {"LOCATION": 0.5, "ORGANIZATION": 0.6, "PERSON": 0.4}  # one word elsewhere
_BEGINS = '.!?:;\n"“”„«»‘|-–—•*>('
_LONGEST_ENDING = 6  # of an abbreviation, with what stands before it
_DOTTED = regex.compile(
    r"(?:^|[ .\-])(?:\p{Lu}|Inc|Ltd|Corp|Co|Jr|Sr|Bros|Lda|Ltda|Cie|Hnos|Dept|Univ|Mt|St)$"
)
# Words that join names to sentences; at its ends they are none of it. What names begin with is not among them.
_JOINS = frozenset((
    "and", "with", "from", "for", "by", "via", "to", "is", "was", "has", "und", "mit", "für", "bei", "ist", "war", "hat",
    "et", "avec", "pour", "par", "est", "con", "per", "para", "por", "com", "è", "é", "es", "foi", "fue", "met", "voor",
    "en", "in", "of", "or", "oder", "ou", "om", "bo", "dla", "od", "przez", "oraz", "ze", "jest", "at", "on",
))  # fmt: skip
_JOINS_BEHIND = _JOINS | {"da", "de", "di", "e", "y", "i", "a"}
# What says who somebody is, or when, and names nobody; as a whole finding it is none.
_SAID = """
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo lunedì martedì
mercoledì giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag vrijdag zaterdag zondag segunda terça
quarta quinta sexta poniedziałek wtorek środa czwartek piątek sobota niedziela
january february march july september october november december januar februar märz juli oktober dezember janvier
février juillet août septembre octobre novembre décembre enero febrero marzo julio septiembre octubre noviembre
diciembre gennaio febbraio luglio settembre ottobre dicembre januari februari maart augustus janeiro fevereiro março
julho setembro outubro novembro dezembro stycznia lutego marca kwietnia czerwca lipca sierpnia września
października listopada grudnia
mr mrs ms miss dr prof sir herr herrn frau monsieur madame mme señor señora signor signora dhr mevrouw senhor senhora
pan pani president prince princess prime minister senator mayor admin
breaking news update photo video icymi rt mt lol omg wtf fyi via live tonight today tomorrow yesterday
"""
_WORDS = frozenset(_SAID.split())


def settled(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans that are likely enough, each from where its value begins to where it ends."""
    for span in spans:
        if span.label not in _NAMED:
            yield span
        elif _is_likely(text, span):
            yield _bounded(text, span)


def _is_likely(text: str, span: Span) -> bool:
    value = text[span.start : span.end]
    if value.casefold() in _WORDS:
        return False
    if value[0] in "@#" or any(map(str.isdigit, value)):
        return True
    if value == value.lower():
        return span.score >= _SMALL[span.label]
    if " " in value:
        return True
    return span.score >= (_FIRST if _is_first(text, span.start) else _ALONE)[span.label]


def _is_first(text: str, start: int) -> bool:
    before = text[max(0, start - 8) : start].rstrip(" \t")
    return not before or before[-1] in _BEGINS


def _bounded(text: str, span: Span) -> Span:
    start, end = _without_joins(text, span.start, span.end)
    # A hashtag is the name with its sign; an abbreviation ends in its full stop.
    if text[max(0, start - 1) : start] == "#":
        start -= 1
    if text[end : end + 1] == "." and _DOTTED.search(text[max(start, end - _LONGEST_ENDING) : end]):
        end += 1
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _without_joins(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without words that join it to its sentence, if a capital stands in what is left."""
    low, high = start, end
    while (blank := text.find(" ", low, high)) > 0 and text[low:blank] in _JOINS:
        low = blank + 1
    while (blank := text.rfind(" ", low, high)) > 0 and text[blank + 1 : high] in _JOINS_BEHIND:
        high = blank
    return (low, high) if any(map(str.isupper, text[low:high])) else (start, end)
