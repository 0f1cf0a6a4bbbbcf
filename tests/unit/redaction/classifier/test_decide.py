import numpy as np
import pytest

from redaction.classifier.decide import Decision
from redaction.classifier.units import Reader
from redaction.classifier.windows import Window

LABELS = ("O", "ID", "PERSON", "ORGANIZATION", "STREET_ADDRESS", "DATE_TIME", "USERNAME", "EMAIL_ADDRESS")
DECISION = Decision(LABELS, dict.fromkeys(LABELS[1:], 0.5))
READER = Reader({"[UNK]": 0}, {"the": 1}, frozenset({1}))


def found(text: str, **marked: str) -> list[tuple[str, str]]:
    """What comes out when the words of ``marked`` are taken for their labels: ``PERSON="Anna Smith"``."""
    units = READER.read(text)
    probabilities = np.zeros((len(units), len(LABELS)), np.float32)
    probabilities[:, 0] = 1
    for label, words in marked.items():
        for n, (start, end) in enumerate(zip(units.starts, units.ends, strict=True)):
            if text[start:end] in words.split():
                probabilities[n] = [0.1, *(0.9 * (label == each) for each in LABELS[1:])]
    window = Window(0, (0, len(units)), (0, len(units)), np.arange(len(units)))
    spans = DECISION.spans(text, units, [(window, probabilities)])
    return [(span.label, text[span.start : span.end]) for span in spans]


@pytest.mark.parametrize(
    ("text", "words", "value"),
    [
        ("Then Anna Smith left.", "Anna Smith .", "Anna Smith"),
        ("Anna Smith's car", "Anna Smith ' s", "Anna Smith"),
        ("Anna Smith\u2019s car", "Anna Smith \u2019 s", "Anna Smith"),
        ("Ask Dr. Smith now", "Smith", "Dr. Smith"),
        ("Frau Müller-Lüdenscheidt kam", "Müller Lüdenscheidt", "Frau Müller-Lüdenscheidt"),
        ("Sanne van der Vries kwam", "Sanne Vries", "Sanne van der Vries"),
        ("by O'Brien, Pat", "O Brien", "O'Brien"),
        ("(Anna)", "( Anna )", "Anna"),
        ("hi @Anna!", "Anna", "@Anna"),
    ],
)
def test_a_name_is_cut_out_neatly(text: str, words: str, value: str) -> None:
    """Honorifics and joining signs belong to a name, possessives and other signs do not."""
    assert found(text, PERSON=words) == [("PERSON", value)]


def test_cells_and_paragraphs_keep_names_apart() -> None:
    """A tabulator or a line break is no part of a name; inside an address a line break is."""
    assert len(found("Anna\tSmith", PERSON="Anna Smith")) == 2
    assert len(found("Anna\nSmith", PERSON="Anna Smith")) == 2
    assert len(found("12 Oak\nLane", STREET_ADDRESS="12 Oak Lane")) == 1
    assert len(found("12 Oak\n\nLane", STREET_ADDRESS="12 Oak Lane")) == 2


def test_signs_between_parts_join_them() -> None:
    """Nothing is known of signs by themselves: up to two join an address's parts, one a name's."""
    assert found("at 12 Oak St., Flat 3 now", STREET_ADDRESS="12 Oak St Flat 3") == [
        ("STREET_ADDRESS", "12 Oak St., Flat 3")
    ]
    assert len(found("at Oak 4 - 2 now", STREET_ADDRESS="Oak 4 2")) == 1
    assert len(found("12 - 15", DATE_TIME="12 15")) == 2
    assert len(found("Anna Smith., Bo", PERSON="Anna Smith Bo")) == 2


def test_an_address_and_a_handle_are_whole() -> None:
    """What points or underscores join to it belongs to it, however plain; a full stop does not."""
    text = "mail x.Jo@The.the.the. Then"
    assert found(text, EMAIL_ADDRESS="Jo @ The") == [("EMAIL_ADDRESS", "x.Jo@The.the.the")]
    assert found("(via @the_jo_x)", USERNAME="jo") == [("USERNAME", "@the_jo_x")]
    assert found("a _ jo_ b", USERNAME="jo") == [("USERNAME", "jo")]


def test_only_candidates_are_decided_on() -> None:
    """What a window says of its candidates falls on their units, and margins are not decided on."""
    text = "a Anna b Bob c"
    units = READER.read(text)
    said = np.zeros((2, len(LABELS)), np.float32)
    said[:, LABELS.index("PERSON")] = 1
    window = Window(0, (0, 5), (0, 3), np.array([1, 3]))
    assert [(s.start, s.end) for s in DECISION.spans(text, units, [(window, said)])] == [(2, 6)]


def test_the_word_before_a_number_stays() -> None:
    """What says which number it is is not masked, alone or with the number."""
    assert found("to IBAN 12", STREET_ADDRESS="IBAN") == []
    assert found("to IBAN 12", STREET_ADDRESS="IBAN 12") == [("STREET_ADDRESS", "12")]


def test_a_counted_word_is_no_identifier() -> None:
    """A word with a small number behind it names a thing; letters and digits else are an identifier."""
    assert found("see step12 and step13", ID="step12 step13") == []
    assert found("see AB12345", ID="AB12345") == [("ID", "AB12345")]


def test_a_handle_ends_at_a_blank() -> None:
    """A handle is one word; what follows is not."""
    assert found("@jo_x hi", USERNAME="jo _ x hi")[0] == ("USERNAME", "@jo_x")


def test_a_list_of_names_is_several() -> None:
    """A comma followed by a blank parts two names."""
    assert [value for _, value in found("Anna, Bob", PERSON="Anna Bob")] == ["Anna", "Bob"]


def test_labels_side_by_side_stay_apart() -> None:
    """Neighbours of different kinds are two findings."""
    assert found("Anna Siemens", PERSON="Anna", ORGANIZATION="Siemens") == [
        ("PERSON", "Anna"),
        ("ORGANIZATION", "Siemens"),
    ]


def test_plain_words_alone_are_nothing() -> None:
    """What consists of everyday words and signs is dropped however sure the network is."""
    assert found("the , the", ORGANIZATION="the ,") == []


def test_each_label_has_its_threshold() -> None:
    """A label's own threshold decides."""
    strict = Decision(LABELS, {**dict.fromkeys(LABELS[1:], 0.5), "PERSON": 0.95})
    units = READER.read("Anna")
    sure = np.array([[0.1, 0, 0.9, 0, 0, 0, 0, 0]], np.float32)
    assert list(strict.spans("Anna", units, [(Window(0, (0, 1), (0, 1), np.array([0])), sure)])) == []
