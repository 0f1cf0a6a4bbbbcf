from pathlib import Path

import pytest

from redaction.detectors import patterns
from redaction.detectors._yaml import RecognizerInvalid, yaml_rules

_HEAD = "recognizers:\n  - name: Staff\n    supported_entity: STAFF_NUMBER\n"


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def test_an_operators_recognizer_joins_the_others(tmp_path: Path) -> None:
    """Patterns, context and deny lists of a YAML file are found like any other rule."""
    path = written(
        tmp_path,
        _HEAD
        + "    patterns: [{name: n, regex: '\\bNW-\\d{5}\\b', score: 0.2}]\n    context: [staff]\n"
        + "  - {name: W, supported_entity: PROJECT, deny_list: [Bluebird]}\n",
    )
    detector = patterns.build(patterns.Options(recognizers=(), recognizers_file=path))
    text = "Staff number NW-12345 works on Bluebird."
    assert {(f.entity_type, text[f.start : f.end]) for f in detector.detect([text])[0]} == {
        ("STAFF_NUMBER", "NW-12345"),
        ("PROJECT", "Bluebird"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "document"),
        ("recognizers: []", "recognizers"),
        ("recognizers: [1]", "recognizers.0"),
        ("recognizers: {a: [", "own.yaml"),
        (_HEAD + "    colour: red\n", "colour"),
        (_HEAD + "    patterns: [{regex: a}]\n    score: 1\n", "score"),
        (_HEAD + "    patterns: [{regex: abc, score: 7}]\n", "score"),
        (_HEAD + "    patterns: [{regex: '(ab'}]\n", "bracket"),
        (_HEAD + "    patterns: [{regex: '(a+)+(b+)+$'}]\n", "more than"),
        (_HEAD + "    patterns: [{regex: 'a*'}]\n", "nothing"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A file with wrong fields, or a pattern that is broken or has no bound, is an error that says where."""
    with pytest.raises(RecognizerInvalid, match=said):
        yaml_rules(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file is the same typed error."""
    with pytest.raises(RecognizerInvalid):
        yaml_rules(tmp_path / "none.yaml")
