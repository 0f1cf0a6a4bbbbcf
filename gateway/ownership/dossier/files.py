from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from gateway.domain import JsonObject
from gateway.ownership.disputes.exhibits import Exhibit
from gateway.ownership.dossier.material import Material
from gateway.ownership.dossier.plain import document, plain
from gateway.ownership.dossier.record_parts import declared_gaps
from gateway.ownership.dossier.report import report
from gateway.ownership.evidence.intervals import CONFIDENCE, RESAMPLES
from gateway.ownership.evidence.tally import DepartmentTally, SenderDay


def files_of(material: Material) -> dict[str, bytes]:
    """Every file of a dossier by name: the report, and what it shows as data; the same bytes each time."""
    return {
        "report.html": report(material),
        "provenance.dot": material.provenance.dot().encode(),
        **{f"{name}.json": document(content) for name, content in _documents(material).items()},
    }


def _documents(material: Material) -> Mapping[str, object]:
    return {
        "dispute": material.case,
        "recommendations": material.file.recommendations,
        "measures": [each for each in material.file.measures if each.from_us <= material.horizon_us],
        "texts": [material.file.texts[digest] for digest in sorted(material.file.texts)],
        "exhibits": [_exhibit(each) for each in material.file.exhibits],
        "ownership": material.timeline,
        "grants": material.grants,
        "provenance": material.provenance.facts(),
        "scorecards": _scorecards(material),
        "usage": {"query": material.span.facts(), **material.usage.facts()},
        "replay": [each.facts() for each in material.replays],
        "policies": material.policies,
        "gaps": list(declared_gaps(material)),
    }


def _exhibit(exhibit: Exhibit) -> JsonObject:
    """An exhibit as verify.py reads it: ``entries`` pairs each index with its leaf hash."""
    frozen = exhibit.frozen
    pairs = zip(frozen.indexes, frozen.leaf_hashes, strict=True)
    return {
        "number": exhibit.number,
        "party": exhibit.party,
        "name": exhibit.name,
        "query": plain(frozen.query),
        "checkpoint": {"size": frozen.tree_size, "root": frozen.root},
        "entries": [[index, leaf_hash] for index, leaf_hash in pairs],
        "result_sha256": frozen.result_sha256,
    }


def _scorecards(material: Material) -> JsonObject:
    """Figures, the question that they answer, and the counts that they were made of."""
    counts = material.counts.departments
    return {
        "query": plain(material.span.facts()),
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "figures": material.cards.facts(),
        "counts": {name: _counts(counts[name]) for name in sorted(counts)},
    }


def _counts(tally: DepartmentTally) -> JsonObject:
    """What one department's figures were made of; sender-days stand without their senders."""
    alike = Counter(map(_day, tally.days.values()))
    return {
        "prompts": plain(dict(sorted(tally.prompts.items()))),
        "prompts_by_class_entity_and_findings": [[*key, times] for key, times in sorted(tally.found.items())],
        "sender_days": [
            {
                "prompts": plain(dict(prompts)),
                "findings": [[*key, count] for key, count in found],
                "times": times,
            }
            for (prompts, found), times in sorted(alike.items())
        ],
    }


_Day: TypeAlias = tuple[tuple[tuple[str, int], ...], tuple[tuple[tuple[str, str], int], ...]]


def _day(day: SenderDay) -> _Day:
    """One sender-day as a value: prompts by class, findings by class and entity type."""
    return tuple(sorted(day.prompts.items())), tuple(sorted((+day.findings).items()))
