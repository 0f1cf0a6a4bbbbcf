"""All that a dossier is made of, read from the registry and the log up to the dispute's last step.

What happened later changes nothing in it, so the same dossier can be made again as long as the dispute
stands where it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from audit.entry import EntryType, Record
from audit.evidence.bundle import PolicyTexts
from audit.query import LogReader
from gateway.control.changes import CHANGE
from gateway.control.schema import CONTROL_CHANGE, FOREVER
from gateway.ownership.disputes import cases
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.cases import File
from gateway.ownership.dossier.policies import PolicyUsed, policies_used, stored_sources
from gateway.ownership.dossier.selection import Relevant
from gateway.ownership.evidence.counterfactual import Counterfactual, counterfactuals
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.provenance import Provenance, provenance
from gateway.ownership.evidence.scorecard import Scorecards, scorecards
from gateway.ownership.evidence.span import Span, read_span
from gateway.ownership.evidence.tally import Tally
from gateway.ownership.evidence.usage import Usage, UsageTally, usage
from gateway.ownership.registry.history import Assertion, timeline
from gateway.ownership.rights.grants import GrantBelief, grants_at
from gateway.pdp.judge import Judge
from gateway.pdp.source import PolicyRefused, PolicySource
from gateway.progress import Progress, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a dossier tells; ``indexes`` are the entries in it, ``left_out`` counts calls' that are not."""

    file: File
    horizon_us: int
    span: Span
    cards: Scorecards
    counts: Tally
    usage: Usage
    replays: tuple[Counterfactual, ...]
    timeline: tuple[Assertion, ...]
    grants: tuple[GrantBelief, ...]
    provenance: Provenance
    policies: tuple[PolicyUsed, ...]
    texts: PolicyTexts
    indexes: frozenset[int]
    left_out: int

    @property
    def case(self) -> Case:
        """The dispute."""
        return self.file.case


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a dossier is read from.

    ``first`` is the first entry to count; ``policies`` are texts by revision beside the stored ones.
    """

    connection: Connection
    reader: LogReader
    policies: Mapping[str, PolicySource]
    prices: Prices | None = None
    first: int = 0


def gather(sources: Sources, dispute: str, progress: Progress = silent) -> Material:
    """Reads everything; raises NotFound, ExportRefused or LogCorrupted."""
    connection, file = sources.connection, cases.find(sources.connection, dispute)
    case, last = file.case, file.case.events[-1]
    span = Span(sources.first, _end(sources, last.revision))
    tally, used, relevant = Tally(), UsageTally(), Relevant(dispute, case.asset)
    read_span(sources.reader, span, [tally, used, relevant], progress)
    progress("Deciding calls again")
    texts = {**stored_sources(connection, relevant.revisions), **sources.policies}
    return Material(
        file=file,
        horizon_us=last.at_us,
        span=span,
        cards=scorecards(span, tally),
        counts=tally,
        usage=usage(span, used, sources.prices),
        replays=_replays(sources, span, case, texts),
        timeline=_known(connection, case.asset, last.at_us),
        grants=_granted(connection, case.asset, last.at_us),
        provenance=provenance(connection, case.asset, last.at_us),
        policies=policies_used(connection, relevant.revisions, texts, last.at_us),
        texts={revision: texts[revision].files for revision in relevant.revisions if revision in texts},
        indexes=relevant.indexes | _exhibited(file),
        left_out=relevant.left_out,
    )


def _end(sources: Sources, revision: int) -> int:
    """The index behind the last record of a change."""
    query = select(CONTROL_CHANGE.c.id, CONTROL_CHANGE.c.entry_index)
    row = sources.connection.execute(query.where(CONTROL_CHANGE.c.revision == revision)).one()
    (located,) = sources.reader.find(str(row.entry_index))
    # Under the same name may stand what a crash left behind, and that it is void.
    together = sources.reader.find(located.entry.record.request_id)
    return max(each.index for each in together if _is_of(each.entry.record, row.id)) + 1


def _is_of(record: Record, change: str) -> bool:
    return record.detail.get(CHANGE) == change and record.type is not EntryType.CONTROL_VOID


def _replays(
    sources: Sources, span: Span, case: Case, texts: Mapping[str, PolicySource]
) -> tuple[Counterfactual, ...]:
    claims = {
        party.id: tuple(claim.facet for claim in case.claims if claim.party == party.id)
        for party in case.parties
    }
    judges = {revision: _judge(source) for revision, source in texts.items()}
    return counterfactuals(sources.reader, span, case.asset, judges, claims)


def _judge(source: PolicySource) -> Judge | None:
    try:
        return Judge.of(source)
    except PolicyRefused:
        return None


def _known(connection: Connection, asset: str, horizon_us: int) -> tuple[Assertion, ...]:
    """The assertions as they stood at the horizon: what ended later had not ended."""
    return tuple(
        replace(each, recorded_to_us=FOREVER, closed_revision=0) if each.recorded_to_us > horizon_us else each
        for each in timeline(connection, asset)
        if each.recorded_from_us <= horizon_us
    )


def _granted(connection: Connection, asset: str, at_us: int) -> tuple[GrantBelief, ...]:
    """The grants on the asset that were in force at the horizon."""
    found: list[GrantBelief] = []
    while page := grants_at(connection, at_us, at_us, asset=asset, after=found[-1].id if found else ""):
        found += page
    return tuple(replace(each, recorded_to_us=FOREVER) for each in found)


def _exhibited(file: File) -> frozenset[int]:
    return frozenset(index for exhibit in file.exhibits for index in exhibit.frozen.indexes)
