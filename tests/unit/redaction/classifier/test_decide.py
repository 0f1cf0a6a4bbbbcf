import numpy as np
import pytest

from redaction.classifier.decide import Decision
from redaction.classifier.units import Reader
from redaction.classifier.windows import Window

LABELS = ("O", "ID", "PERSON", "ORGANIZATION", "STREET_ADDRESS", "DATE_TIME", "USERNAME")
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
    window = Window(0, (0, len(units)), (0, len(units)))
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
    sure = np.array([[0.1, 0, 0.9, 0, 0, 0, 0]], np.float32)
    assert list(strict.spans("Anna", units, [(Window(0, (0, 1), (0, 1)), sure)])) == []
