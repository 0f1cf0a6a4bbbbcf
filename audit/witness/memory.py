"""What witnesses have seen, as this machine remembers it outside of the log's database."""

import os
from collections.abc import Sequence
from pathlib import Path

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.cosignature import Witness, cosigned_by
from audit.errors import InvalidNote
from audit.note import Verifier


class WitnessMemory:
    """The largest cosigned checkpoint, in a file of its own, which stays when a database is put back.

    Without a path nothing is remembered.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._size = 0

    def remember(self, note: str, size: int) -> None:
        """Keep a cosigned checkpoint, unless a larger one is kept; for one thread at a time."""
        if self._path is None or size <= self._size:
            return
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(note, "utf-8")
        draft.replace(self._path)
        self._size = size

    def recall(self, log: Verifier, witnesses: Sequence[Witness]) -> tuple[Checkpoint, str] | None:
        """The kept checkpoint and who cosigned it, if it is good; a file that is not says nothing."""
        if self._path is None:
            return None
        try:
            note = self._path.read_text("utf-8")
            checkpoint = open_checkpoint(note, log)
            found = cosigned_by(note, witnesses)
        except (OSError, UnicodeDecodeError, InvalidNote):
            return None
        return (checkpoint, found[0].witness) if found else None
