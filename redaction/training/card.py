"""The model card: what the classifier is, made from, good and bad at."""

from pathlib import Path

from redaction.classifier.files import Published
from redaction.training.examples import LABELS
from redaction.training.measure import Tally

_HERE = Path(__file__).parent
CARD = "MODEL_CARD.md"
_SHOWN = LABELS[1:]
_SHORT = {
    "PERSON": "person", "LOCATION": "place", "ORGANIZATION": "org.", "STREET_ADDRESS": "street", "DATE_TIME": "date",
    "ID": "id", "PHONE_NUMBER": "phone", "EMAIL_ADDRESS": "e-mail", "USERNAME": "handle",
}  # fmt: skip


def write_card(folder: Path, published: Published, tallies: dict[tuple[str, str], Tally]) -> None:
    """Writes the card beside the weights: the fixed text, then thresholds and the measured table."""
    fixed = (_HERE / "model_card.md").read_text(encoding="utf-8")
    (folder / CARD).write_text(
        "\n".join((fixed.rstrip(), "", *_measured(published, tallies), "")), encoding="utf-8"
    )


def _measured(published: Published, tallies: dict[tuple[str, str], Tally]) -> list[str]:
    size = sum(tensor.size for tensor in published.tensors.values())
    return [
        "## Measured",
        f"{size / 1e6:.1f} million parameters, {published.layers} layers. A unit counts from these probabilities on: "
        + ", ".join(f"{name} {value:.2f}" for name, value in published.thresholds.items())
        + ".",
        "",
        (
            "Recall of spans (90 % of the characters covered, by any label) on held-out text, by the classifier alone, and "
            "masked characters in 1,000 that belong to no labelled span. Sets label only some of the kinds, so their last "
            "column counts rightly masked dates, numbers and handles too; `prose` is text with nothing in it."
        ),
        "",
        *table(tallies),
    ]


def table(tallies: dict[tuple[str, str], Tally]) -> list[str]:
    """A row a set and language."""
    head = ["set", "language", *(_SHORT[label] for label in _SHOWN), "stray"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for (source, language), tally in sorted(tallies.items()):
        cells = [_cell(tally, label) for label in _SHOWN]
        lines.append("| " + " | ".join((source, language, *cells, f"{tally.strays:.1f}")) + " |")
    return lines


def _cell(tally: Tally, label: str) -> str:
    recall = tally.recall(label)
    return "" if recall is None else f"{recall:.2f} ({tally.spans[label]})"
