from pathlib import Path

from redaction.evaluation import held_out
from redaction.evaluation.labels import read_labels
from redaction.evaluation.measure import Choice, load

TEXTS = [f"Anna number {number} writes" for number in range(2000)]


def test_about_one_row_in_five_is_held_out() -> None:
    """The split keeps a fifth of the rows, and the same rows for ever."""
    kept = [text for text in TEXTS if held_out(text)]
    assert 340 < len(kept) < 460
    assert kept[:3] == ["Anna number 13 writes", "Anna number 19 writes", "Anna number 36 writes"]


def test_copies_fall_on_one_side() -> None:
    """Case and spacing do not decide, so a copy of a held-out row is not trained on."""
    assert all(held_out(text) == held_out(f"  {text.upper()}\n") for text in TEXTS)


def test_limited_rows_are_the_same_in_any_order(tmp_path: Path) -> None:
    """A limit chooses by the text, not by its place in the file."""
    lines = [f'{{"text": "{text}", "spans": []}}\n' for text in TEXTS]
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text("".join(lines))
    second.write_text("".join(reversed(lines)))
    choice = Choice(held_out=True, limit=20)
    chosen = [load(path, read_labels(), choice).samples for path in (first, second)]
    assert len(chosen[0]) == 20
    assert chosen[0] == chosen[1]
    assert all(held_out(sample.text) for sample in chosen[0])
