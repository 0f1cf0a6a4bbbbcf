"""Holds the stored cosignatures of a log against its checkpoints."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audit.cosignature import Cosignature, Witness, cosignatures, parse_witness
from audit.errors import InvalidNote
from audit.note import parse_signature, split_note
from audit.schema import CHECKPOINT, COSIGNATURE

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose cosignatures count, and how many of them a checkpoint must carry; 0: none need to."""

    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0


NOBODY = Trusted()


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness, the largest checkpoint of the log that it cosigned, and when, in seconds since 1970 UTC."""

    witness: str
    size: int
    time_s: int


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What the cosignatures of a log show: who saw how much, how much a quorum saw, and what is wrong."""

    seen: tuple[Seen, ...] = ()
    quorum: int = 0
    size: int = 0
    findings: tuple[str, ...] = ()


def check_cosignatures(connection: Connection, trusted: Trusted) -> Witnesses:
    """Check every cosignature against the checkpoint of its size.

    Counts those of the trusted witnesses alone; with none named all that are good under the keys they are
    stored with, which shows who is said to have seen the log and no more. That the log signed its checkpoints
    is not checked here.
    """
    keys, quorum = {str(witness) for witness in trusted.witnesses}, trusted.quorum
    seen: dict[str, Seen] = {}
    met: Counter[int] = Counter()
    findings = []
    for size, key, line, note in _rows(connection):
        try:
            found = _check(key, line, note)
        except InvalidNote as error:
            name = key.partition("+")[0]
            findings.append(f"the cosignature of {size} entries by {name}: {error}")
            continue
        if key in keys or not keys:
            seen[key] = Seen(found.witness, size, found.time_s)
            met[size] += 1
    size = max((size for size, count in met.items() if quorum and count >= quorum), default=0)
    if quorum and not size:
        findings.append(f"no checkpoint was cosigned by {quorum} of the witnesses that were named")
    return Witnesses(tuple(seen.values()), quorum, size, tuple(findings))


def _rows(connection: Connection) -> Iterator[tuple[int, str, str, str | None]]:
    """Each cosignature by size, with the note of its checkpoint."""
    joined = COSIGNATURE.outerjoin(CHECKPOINT, CHECKPOINT.c.size == COSIGNATURE.c.size)
    columns = (COSIGNATURE.c.size, COSIGNATURE.c.key, COSIGNATURE.c.line, CHECKPOINT.c.note)
    query = select(*columns).select_from(joined).order_by(COSIGNATURE.c.size, COSIGNATURE.c.key)
    for row in connection.execute(query.execution_options(yield_per=_PAGE)):
        yield row[0], row[1], row[2], row[3]


def _check(key: str, line: str, note: str | None) -> Cosignature:
    if note is None:
        raise InvalidNote("there is no checkpoint of that size")
    found = cosignatures(
        split_note(note)[0], [parse_signature(line.removesuffix("\n"))], [parse_witness(key)]
    )
    if not found:
        raise InvalidNote("it is by another key than it is stored under")
    return found[0]
