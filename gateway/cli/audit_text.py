"""How entries, proofs and verdicts of the audit log read, in the terminal and as JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from audit.checkpoint import Checkpoint
from audit.entry import Record
from audit.query import Located
from audit.receipt import ReceiptClaim
from audit.verify import Report
from audit.witness.checks import Witnesses

_SHOWN_GAPS = 5


@dataclass(frozen=True, slots=True)
class Proof:
    """The checked path from an entry to a signed checkpoint."""

    checkpoint: Checkpoint
    note: str
    path: list[bytes]


def entry_line(located: Located) -> str:
    """One entry in one line: index, time, type, who, what, verdict."""
    record = located.entry.record
    actor = f"{record.actor.department}/{record.actor.id}" if record.actor else "-"
    resource = record.resource.id if record.resource else "-"
    return (
        f"{located.index:>8}  {_time(located.entry.wall_us)}  {record.type.value:<14}  "
        f"{actor:<28}  {record.action or '-':<8}  {resource:<20}  {_verdict(record):<22}  {record.request_id}"
    )


def entry_text(located: Located, proof: Proof | None) -> str:
    """One entry whole: its leaf, indented, and what its proof shows."""
    leaf = orjson.dumps(orjson.loads(located.leaf), option=orjson.OPT_INDENT_2).decode()
    head = f"entry {located.index}, leaf hash {located.leaf_hash.hex()}, {_time(located.entry.wall_us)}"
    return f"{head}\n{leaf}\n{_proof_text(proof)}\n"


def entry_json(located: Located, proof: Proof | None) -> str:
    """One entry in one line of JSON, with its proof if there is one."""
    found: dict[str, object] = {
        "index": located.index,
        "leaf_hash": located.leaf_hash.hex(),
        "entry": orjson.Fragment(located.leaf),
    }
    if proof is not None:
        found["proof"] = {
            "size": proof.checkpoint.size,
            "root": proof.checkpoint.root.hex(),
            "path": [step.hex() for step in proof.path],
            "checkpoint": proof.note,
        }
    return orjson.dumps(found).decode()


def report_text(report: Report) -> str:
    """The verdict of a verification, first of all what is wrong."""
    lines = [f"FAILED  {_finding(item.index, item.what)}" for item in report.findings]
    if report.good:
        lines.append(
            "The log verifies: every entry is the one that was written, in its place, and none is missing."
        )
    elif report.first_bad is not None:
        lines += [
            f"First bad index: {report.first_bad}.",
            "Stop the gateway, keep this file as evidence, and compare with a backup and with receipts.",
        ]
    signed = report.checkpoint
    lines += [
        f"  entries       {report.size}",
        f"  root          {report.root.hex()}",
        f"  checkpoint    {f'{signed.size} entries signed by {signed.origin}' if signed else 'none yet'}",
        f"  checkpoints   {report.checkpoints}",
        f"  witnesses     {_witnesses(report.witnesses)}",
        f"  writers       {report.writers}",
        f"  pairs         {report.pairs} intents with their outcome, {report.repeated} outcomes repeated",
        f"  policies      {sum(report.revisions.values())} decisions by {len(report.revisions)} revisions",
        f"  open gaps     {len(report.gaps)}{_gaps(report)}",
        f"  file          {_sealed(report)}",
    ]
    return "\n".join(lines)


def report_json(report: Report) -> str:
    """The verdict in one line of JSON."""
    signed = report.checkpoint
    return orjson.dumps(
        {
            "good": report.good,
            "first_bad": report.first_bad,
            "findings": [{"index": item.index, "what": item.what} for item in report.findings],
            "size": report.size,
            "root": report.root.hex(),
            "checkpoint": {"origin": signed.origin, "size": signed.size, "root": signed.root.hex()}
            if signed
            else None,
            "checkpoints": report.checkpoints,
            "witnesses": {
                "seen": [
                    {"witness": each.witness, "size": each.size, "time": _time(each.time_s * 1_000_000)}
                    for each in report.witnesses.seen
                ],
                "quorum": report.witnesses.quorum,
                "quorum_size": report.witnesses.size,
            },
            "writers": report.writers,
            "pairs": report.pairs,
            "repeated": report.repeated,
            "gaps": [
                {"index": gap.index, "id": gap.entry_id, "request_id": gap.request_id} for gap in report.gaps
            ],
            "policies": dict(report.revisions),
            "sealed": report.sealed,
        }
    ).decode()


def claim_text(claim: ReceiptClaim) -> str:
    """What a good receipt shows."""
    return f"The receipt is good: {claim.origin} holds entry {claim.index} since {_time(claim.wall_us)}."


def claim_json(claim: ReceiptClaim) -> str:
    """What a good receipt shows, in one line of JSON."""
    return orjson.dumps(
        {
            "receipt": "good",
            "origin": claim.origin,
            "index": claim.index,
            "leaf_hash": claim.leaf_hash.hex(),
            "time": _time(claim.wall_us),
        }
    ).decode()


def _proof_text(proof: Proof | None) -> str:
    if proof is None:
        return (
            "Not yet under a signed checkpoint: the next one follows within a second while the gateway runs."
        )
    signed = proof.checkpoint
    steps = f"Included: {len(proof.path)} hashes lead to root {signed.root.hex()}"
    return f"{steps} of {signed.size} entries, signed by {signed.origin}."


def _finding(index: int | None, what: str) -> str:
    return what if index is None else f"entry {index}: {what}"


def _gaps(report: Report) -> str:
    if not report.gaps:
        return ""
    named = ", ".join(f"{gap.request_id} (entry {gap.index})" for gap in report.gaps[:_SHOWN_GAPS])
    more = f" and {len(report.gaps) - _SHOWN_GAPS} more" if len(report.gaps) > _SHOWN_GAPS else ""
    return f": intents without an outcome, in flight or cut off by a crash: {named}{more}"


def _witnesses(found: Witnesses) -> str:
    if not found.seen:
        return "no cosignature"
    named = ", ".join(f"{each.witness} {each.size}" for each in found.seen)
    quorum = f"; {found.quorum} of them the same {found.size}" if found.quorum else ""
    return f"have seen, of these entries: {named}{quorum}"


def _sealed(report: Report) -> str:
    if report.sealed:
        return "sealed: every byte is as it was when the log was closed"
    return "not sealed (open, or not closed cleanly): bytes that carry no meaning were not compared"


def _verdict(record: Record) -> str:
    if record.decision is not None:
        return record.decision.effect
    if record.result is not None:
        return f"{record.result.status} {record.result.code or record.result.finish}".rstrip()
    return "-"


def _time(wall_us: int) -> str:
    seconds, micros = divmod(wall_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros).isoformat(timespec="milliseconds")
