from pathlib import Path

import pytest

from redaction.detectors import patterns, secrets
from redaction.evaluation.errors import DataInvalid, LabelUnknown
from redaction.evaluation.labels import Group, read_labels
from redaction.evaluation.samples import Gold, Sample, read_samples

SHIPPED = ("meddocan", "eds_pseudo", "german_ler", "german_timex", "btc", "wnut17", "wikigold", "sec_filings")


def sample(*labels: str) -> Sample:
    """A text with a span of each label."""
    return Sample("x" * 9, tuple(Gold(at, at + 1, label) for at, label in enumerate(labels)))


def test_every_label_of_the_labelled_sets_has_a_group(test_data: Path) -> None:
    """No file of the regression data has a label that the table does not map."""
    for path in sorted((test_data / "pii").glob("*.jsonl.gz")):
        rows = list(read_samples(path))
        labelled = read_labels().of(path.name, rows)
        assert {gold.label for row in rows for gold in row.gold} <= labelled.groups.keys(), path.name
        assert labelled.language != "und", path.name


@pytest.mark.parametrize("name", SHIPPED)
def test_set_judges_only_what_it_labels(name: str) -> None:
    """A group in which findings may be called wrong is one that the set has labels for."""
    labelled = read_labels().sets[name]
    assert labelled.judged
    assert labelled.judged <= set(labelled.groups.values())


def test_every_type_of_the_shipped_rules_has_a_group_of_its_own() -> None:
    """What our pattern rules find is in the table; what the secret rules find is a secret by category."""
    labels = read_labels()
    types = {owned.rule.entity_type for owned in patterns.build(patterns.Options()).rules}
    assert types <= labels.detected.keys(), sorted(types - labels.detected.keys())
    for owned in secrets.build(secrets.Options()).rules:
        assert labels.group(owned.rule.entity_type, "secret") is Group.SECRET


def test_unknown_label_ends_the_run() -> None:
    """A label without a group is an error that names it: it is not counted as something else."""
    with pytest.raises(LabelUnknown, match="WHATEVER"):
        read_labels().of("mine.jsonl", [sample("PERSON", "WHATEVER")])


def test_file_of_no_known_set_judges_what_it_labels() -> None:
    """One's own file may use entity types or names of groups as labels."""
    labelled = read_labels().of("mine.jsonl", [sample("PERSON", "date", "AGE")])
    assert labelled.judged == {Group.NAME, Group.DATE}


def test_own_table_adds_sets_and_types(tmp_path: Path) -> None:
    """A table given with --labels maps further labels."""
    table = tmp_path / "labels.toml"
    table.write_text(
        '[detected]\nother_id = ["BADGE"]\n[set.mine]\nlanguage = "nl"\njudged = ["name"]\nname = ["NAAM"]\n'
    )
    labels = read_labels(table)
    assert labels.of("mine.dev.jsonl", [sample("NAAM")]).language == "nl"
    assert labels.group("BADGE") is Group.OTHER_ID
    assert labels.group("PERSON") is Group.NAME


@pytest.mark.parametrize("text", ["[", '[detected]\npeople = ["X"]', '[set.a]\nlanguage = "x"', "[sets.a]"])
def test_bad_table_is_refused(tmp_path: Path, text: str) -> None:
    """A table with a group or key that is not known is an error, not a guess."""
    table = tmp_path / "labels.toml"
    table.write_text(text)
    with pytest.raises(DataInvalid, match="labels"):
        read_labels(table)
