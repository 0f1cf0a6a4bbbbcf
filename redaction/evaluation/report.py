from collections.abc import Sequence
from typing import TypeAlias

from redaction.evaluation.labels import Group
from redaction.evaluation.measure import Choice, LabelledFile, Measured
from redaction.evaluation.scoring import GroupScore, Score, share, wilson

Json: TypeAlias = "dict[str, Json] | list[Json] | float | int | str | bool | None"

MEANING = {
    "recall": "labelled spans of which 90 % of the characters are masked, whatever type they were taken for",
    "typed": "the same, masked as the right group",
    "precision": "findings of judged groups that touch a labelled span",
    "leaked": "of 1,000 characters in labelled spans, those left readable",
    "stray": "of 1,000 characters outside labelled spans, those masked by findings of judged groups",
    "clean": "stray characters in rows without any label",
    "unjudged": "of 1,000 characters outside labelled spans, those masked by findings of groups that the set "
    "does not label, about which it says nothing",
}


def document(files: Sequence[LabelledFile], measured: Sequence[Measured], choice: Choice) -> Json:
    """Everything that was measured, with the meaning of each figure; intervals are Wilson's at 95 %."""
    return {
        "held_out": choice.held_out,
        "limit": choice.limit,
        "meaning": {**MEANING},
        "files": [
            {
                "file": file.name,
                "rows": len(file.samples),
                "characters": file.characters,
                "judged": [str(group) for group in Group if group in file.labelled.judged],
                "note": file.labelled.note,
            }
            for file in files
        ],
        "scores": [_scored(each, language) for each in measured for language in each.scores],
    }


def rates(score: Score) -> dict[str, float | None]:
    """The figures of all groups together; None where nothing was there to measure."""
    total = score.total
    return {
        "recall": share(total.covered, total.gold),
        "typed": share(total.typed, total.gold),
        "precision": share(total.true, total.found),
        "leaked": _per_mille(score.leaked, score.entity),
        "stray": _per_mille(score.stray, score.plain),
        "clean": _per_mille(score.clean_stray, score.clean),
        "unjudged": _per_mille(score.unjudged, score.plain),
    }


def macro(measured: Sequence[Measured], group: Group, language: str = "") -> float | None:
    """The mean over files of a group's recall, in one language or in all: no large file drowns others."""
    recalls = []
    for each in measured:
        counts = GroupScore()
        for its, score in each.scores.items():
            if not language or its == language:
                counts.add(score.groups.get(group, GroupScore()))
        if counts.gold:
            recalls.append(counts.covered / counts.gold)
    return sum(recalls) / len(recalls) if recalls else None


def _scored(each: Measured, language: str) -> Json:
    score = each.scores[language]
    groups: Json = {str(group): _grouped(score.groups[group]) for group in Group if group in score.groups}
    return {
        "engine": each.engine,
        "file": each.file,
        "language": language,
        "rows": score.rows,
        "characters_per_ms": each.speed,
        **rates(score),
        "groups": groups,
    }


def _grouped(counts: GroupScore) -> Json:
    low, high = wilson(counts.covered, counts.gold)
    return {
        "gold": counts.gold,
        "recall": share(counts.covered, counts.gold),
        "recall_low": low,
        "recall_high": high,
        "typed": share(counts.typed, counts.gold),
        "found": counts.found,
        "precision": share(counts.true, counts.found),
    }


def _per_mille(part: int, whole: int) -> float | None:
    return 1000 * part / whole if whole else None
