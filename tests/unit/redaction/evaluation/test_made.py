from collections import Counter
from pathlib import Path

import pytest

from redaction.detectors import secrets as detector
from redaction.evaluation.errors import DataInvalid
from redaction.evaluation.labels import read_labels
from redaction.evaluation.made import letters, made, secrets
from redaction.evaluation.measure import Choice, load
from redaction.training.values import TEMPLATES


def test_made_secrets_are_the_same_in_every_run() -> None:
    """Two runs measure on the same texts, of which half hold one secret, labelled where it stands."""
    rows = secrets.samples(400)
    assert rows == secrets.samples(400)
    with_one = [row for row in rows if row.gold]
    assert len(with_one) == 200
    for row in with_one:
        (gold,) = row.gold
        assert len(row.text[gold.start : gold.end]) >= 6
        assert "[[" not in row.text[: gold.start]


def test_every_form_of_text_is_made() -> None:
    """A full set has each line of the template files, so that no form is measured by chance."""
    texts = [row.text for row in secrets.samples()]
    for beginning in (
        "machine git.corp",
        "postgres://crm:",
        "Mein Kennwort ist",
        "commit ",
        "-----BEGIN CERT",
    ):
        assert any(text.startswith(beginning) for text in texts), beginning


def test_a_made_set_is_measured_as_a_file_is() -> None:
    """``made:secrets`` loads without a file, judges secrets, and a limit takes the same rows."""
    file = load(Path("made:secrets"), read_labels(), Choice(limit=50))
    assert file.name == "made:secrets"
    assert len(file.samples) == 50
    assert {str(group) for group in file.labelled.judged} == {"secret"}
    assert file.samples == load(Path("made:secrets"), read_labels(), Choice(limit=50)).samples


def test_a_set_that_nobody_makes_is_refused() -> None:
    """An unknown name says which sets there are."""
    with pytest.raises(DataInvalid, match="made:secrets"):
        made(Path("made:nothing"))


def test_made_secrets_are_found_and_what_looks_like_one_is_not() -> None:
    """Of made secrets at least 95 in 100 are covered, and 90 in 100 findings are one."""
    found_by = detector.build(detector.Options())
    rows = secrets.samples(1_200)
    covered = true = 0
    findings = found_by.detect([row.text for row in rows])
    for row, found in zip(rows, findings, strict=True):
        marked = {at for each in found for at in range(each.start, each.end)}
        gold = {at for each in row.gold for at in range(each.start, each.end)}
        covered += bool(gold) and len(gold & marked) >= 0.9 * len(gold)
        true += sum(not gold.isdisjoint(range(each.start, each.end)) for each in found)
    assert covered >= 0.95 * sum(bool(row.gold) for row in rows)
    assert true >= 0.9 * sum(map(len, findings))


def test_made_letters_label_what_they_were_filled_with() -> None:
    """Each language has as many rows, the same in every run, and each label stands on its own value."""
    rows = letters.samples(80)
    assert rows == letters.samples(80)
    assert Counter(row.language for row in rows) == dict.fromkeys(letters.LANGUAGES, 20)
    dates = [
        row.text[gold.start : gold.end] for row in rows for gold in row.gold if str(gold.label) == "date"
    ]
    assert dates
    assert all(any(map(str.isdigit, date)) for date in dates)
    assert not any("{" in row.text and '{"' not in row.text for row in rows)


def test_sentences_of_letters_are_in_no_training() -> None:
    """No template of the letters stands among those that the classifier learns from."""
    folder = Path(letters.__file__).with_name("letters")
    for language in letters.LANGUAGES:
        measured = (folder / f"{language}.txt").read_text("utf-8").splitlines()
        learnt = (TEMPLATES / f"{language}.txt").read_text("utf-8").splitlines()
        assert measured
        assert not set(measured) & set(learnt)
