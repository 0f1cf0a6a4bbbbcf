import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import tlog
from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessSigner
from audit.errors import LogUnusable
from audit.note import Signer
from audit.witness import ledger as ledgers
from audit.witness.folder import init_witness, open_witness
from audit.witness.judge import Answer, WitnessJudge
from audit.witness.ledger import Refusal, WitnessLedger
from audit.witness.wire import Submission

LOG = Signer("northwind.example/audit", bytes(range(32)))
SIGNER = WitnessSigner("legal.example/witness", bytes(range(1, 33)))
LEAVES = [tlog.leaf_hash(b"%d" % number) for number in range(64)]
NOW = 1_790_000_000


def _read(level: int, index: int) -> bytes:
    return tlog.complete_root(LEAVES[index << level : (index + 1) << level])


def _note(size: int, root: bytes | None = None, signer: Signer = LOG) -> str:
    return signer.sign_note(Checkpoint(LOG.verifier.name, size, root or tlog.root_hash(size, _read)).text())


def _body(old: int, size: int, **changes: object) -> bytes:
    steps = tuple(tlog.prove_consistency(old, size, _read)) if 0 < old < size else ()
    return replace(Submission(old, steps, _note(size)), **changes).body()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[WitnessLedger]:
    """A ledger that watches the log."""
    made = WitnessLedger(tmp_path / "witness.db")
    made.add_log(LOG.verifier)
    yield made
    made.close()


@pytest.fixture
def judge(ledger: WitnessLedger) -> WitnessJudge:
    """A witness with that ledger at a fixed time."""
    return WitnessJudge(ledger, SIGNER, lambda: NOW)


def test_split_view_is_kept_as_evidence(judge: WitnessJudge, ledger: WitnessLedger) -> None:
    """Another history under the log's own signature is kept: who, when, what, and the note that proves it."""
    judge.answer(_body(0, 8))
    other = _note(12, root=bytes(32))
    for _ in range(3):
        assert judge.answer(_body(8, 12, note=other)).status == 422
    what = "a history that does not lead on from the one that was seen"
    assert ledger.refusals() == [Refusal(LOG.verifier.name, what, 12, 8, other, NOW, NOW, 3)]
    known = ledger.log(LOG.verifier.name)
    assert known is not None
    assert (known.size, known.note) == (8, _note(8))


def test_shorter_log_is_kept_as_evidence(judge: WitnessJudge, ledger: WitnessLedger) -> None:
    """A log that signs fewer entries than were seen is told so, and remembered; one that only asks is not."""
    judge.answer(_body(0, 8))
    assert judge.answer(_body(5, 7)) == Answer(409, "8\n", "text/x.tlog.size")
    judge.answer(_body(0, 0, note=_note(0, tlog.EMPTY_ROOT)))
    assert [(refusal.size, refusal.known) for refusal in ledger.refusals()] == [(7, 8)]


def test_strangers_leave_no_trace(judge: WitnessJudge, ledger: WitnessLedger) -> None:
    """What the log's key did not sign costs no row, so nobody else can fill the disk."""
    judge.answer(_body(0, 8))
    stranger = Signer(LOG.verifier.name, bytes(32))
    for size in (3, 12):
        assert judge.answer(_body(8, 12, note=_note(size, bytes(32), stranger))).status == 403
    assert ledger.refusals() == []


def test_refusals_are_bounded(
    judge: WitnessJudge, ledger: WitnessLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the log's own operator can fill the witness's disk; the newest refusals stay."""
    monkeypatch.setattr(ledgers, "_MAX_REFUSALS", 5)
    judge.answer(_body(0, 8))
    for number in range(12):
        judge.answer(_body(8, 12, note=_note(12, root=bytes([number + 1]) * 32)))
    assert [refusal.note for refusal in ledger.refusals()] == [
        _note(12, root=bytes([number + 1]) * 32) for number in range(7, 12)
    ]


def test_race_is_lost_by_one(ledger: WitnessLedger) -> None:
    """Of requests at once that grow one log, one is cosigned at each size and no size goes back."""
    judge, statuses = WitnessJudge(ledger, SIGNER, lambda: NOW), []
    judge.answer(_body(0, 1))

    def ask(size: int) -> None:
        statuses.append(judge.answer(_body(1, size)).status)

    threads = [threading.Thread(target=ask, args=(size,)) for size in range(2, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 11


def test_two_keys_of_one_log(judge: WitnessJudge, ledger: WitnessLedger) -> None:
    """A log whose key is replaced is watched under both keys, and goes on where it was."""
    newer = Signer(LOG.verifier.name, bytes(range(2, 34)))
    judge.answer(_body(0, 8))
    assert judge.answer(_body(8, 9, note=_note(9, signer=newer))).status == 403
    assert (ledger.add_log(newer.verifier), ledger.add_log(newer.verifier)) == (True, False)
    assert judge.answer(_body(8, 9, note=_note(9, signer=newer))).status == 200


@settings(max_examples=30)
@given(st.binary(max_size=200), st.text(alphabet="old 01\n=A\u2014 .", max_size=100))
def test_anything_is_answered(raw: bytes, alike: str) -> None:
    """Whatever comes in is a bad request or an unknown log, and no error."""
    with TemporaryDirectory() as folder:
        ledger = WitnessLedger(Path(folder) / "witness.db")
        ledger.add_log(LOG.verifier)
        judge = WitnessJudge(ledger, SIGNER, lambda: NOW)
        note = f"{LOG.verifier.name}\n".encode()
        for body in (raw, alike.encode(), b"old 0\n\n" + note + raw, b"old 0\n\n" + note + alike.encode()):
            assert judge.answer(body).status in (400, 403, 404)
        ledger.close()


def test_ledger_outlives_the_process(tmp_path: Path) -> None:
    """What was cosigned is known to the next process although this one never closed; names do not change."""
    first = init_witness(tmp_path / "w", "legal.example/witness")
    first.ledger.add_log(LOG.verifier)
    assert first.judge().answer(_body(0, 8)).status == 200
    again = open_witness(tmp_path / "w")
    assert str(again.signer.witness) == str(first.signer.witness)
    assert again.judge().answer(_body(0, 5)).body == "8\n"
    again.ledger.close()
    first.ledger.close()
    with pytest.raises(LogUnusable, match=r"is called legal\.example/witness"):
        init_witness(tmp_path / "w", "risk.example/witness")
    with pytest.raises(LogUnusable, match="There is no witness"):
        open_witness(tmp_path / "nothing")
