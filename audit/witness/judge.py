"""Decides what a witness answers to a log that asks it to cosign (C2SP tlog-witness)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.cosignature import WitnessSigner
from audit.errors import InvalidNote, InvalidProof, InvalidSubmission
from audit.note import good_signatures, split_note
from audit.tlog import EMPTY_ROOT, verify_consistency
from audit.witness.ledger import Watched, WitnessLedger
from audit.witness.wire import SIZE_TYPE, Submission, parse_submission

_log = logging.getLogger(__name__)

_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the body and its type."""

    status: int
    body: str
    content_type: str = _TEXT


_MALFORMED = Answer(400, "invalid input\n")
_FORBIDDEN = Answer(403, "invalid signature\n")
_UNKNOWN = Answer(404, "unknown log\n")
_INCONSISTENT = Answer(422, "bad consistency proof\n")
_SPLIT = "a history that does not lead on from the one that was seen"
_BACK = "an older state than the one that was seen: a log that was put back, or a late request"


class WitnessJudge:
    """Cosigns a checkpoint only if its log's key signed it and it adds to all that was seen of the log."""

    def __init__(self, ledger: WitnessLedger, signer: WitnessSigner, now_s: Callable[[], int]) -> None:
        self._ledger = ledger
        self._signer = signer
        self._now_s = now_s

    def answer(self, body: bytes) -> Answer:
        """What to reply to the body of a request; when it is 200, the checkpoint is remembered for good."""
        try:
            asked = parse_submission(body)
        except InvalidSubmission:
            return _MALFORMED
        known = self._ledger.log(asked.origin)
        if known is None:
            return _UNKNOWN
        try:
            text, lines = split_note(asked.note)
            checkpoint = parse_checkpoint(text)
        except InvalidNote:
            return _MALFORMED
        try:
            signed = good_signatures(text, lines, self._ledger.keys(asked.origin))
        except InvalidNote:
            return _FORBIDDEN
        return self._judge(asked, known, text, checkpoint) if signed else _FORBIDDEN

    def _judge(self, asked: Submission, known: Watched, text: str, checkpoint: Checkpoint) -> Answer:
        """The answer to a checkpoint that the log has signed."""
        if asked.old > checkpoint.size:
            return _MALFORMED
        # A log that only asks how far we are sends a checkpoint of nothing.
        if 0 < checkpoint.size < known.size:
            self._refuse(_BACK, asked, known, checkpoint)
        if asked.old != known.size:
            return _conflict(known)
        try:
            _require_growth(asked, known, checkpoint)
        except InvalidProof:
            self._refuse(_SPLIT, asked, known, checkpoint)
            return _INCONSISTENT
        now_s = self._now_s()
        if not self._ledger.advance(known, checkpoint, asked.note, now_s):
            return _conflict(self._ledger.log(known.origin) or known)
        return Answer(200, str(self._signer.cosign(text, now_s).line))

    def _refuse(self, what: str, asked: Submission, known: Watched, checkpoint: Checkpoint) -> None:
        self._ledger.refuse(known, what, checkpoint, asked.note, self._now_s())
        _log.warning("refused %s: %s (%d entries, %d seen)", known.origin, what, checkpoint.size, known.size)


def _conflict(known: Watched) -> Answer:
    return Answer(409, f"{known.size}\n", SIZE_TYPE)


def _require_growth(asked: Submission, known: Watched, checkpoint: Checkpoint) -> None:
    """Raises InvalidProof unless the checkpoint adds to what is known."""
    if asked.old:
        verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, asked.proof)
    elif asked.proof or (checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT):
        # From nothing everything follows, and there is nothing to prove.
        raise InvalidProof("nothing needs no proof, and an empty tree has one root")
