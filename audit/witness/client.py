"""Asks a witness to cosign, over HTTP, with a limit on everything that comes back."""

import http.client
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from audit.cosignature import Cosignature, cosignatures
from audit.errors import InvalidNote
from audit.note import parse_signature, split_note
from audit.witness.policy import WitnessAddress
from audit.witness.wire import PATH, Submission

_MAX_ANSWER = 64 * 1024
_MAX_DIGITS = 19
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness saw the checkpoint and cosigned it."""

    cosignature: Cosignature


@dataclass(frozen=True, slots=True)
class Conflict:
    """The witness knows the log at this size, not at the one that was named."""

    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The witness said no; ``what`` is its status and the beginning of its words."""

    status: int
    what: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer came, or none that a witness gives."""

    what: str


Outcome: TypeAlias = Cosigned | Conflict | Refused | Failed


class WitnessClient:
    """One witness, over one connection that is kept; for one thread at a time."""

    def __init__(self, address: WitnessAddress, timeout_s: float) -> None:
        self.address = address
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def submit(self, asked: Submission) -> Outcome:
        """What the witness makes of a checkpoint; never raises for what a witness does."""
        kept = self._connection is not None
        try:
            status, body = self._post(asked.body())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if kept:
                # It may have hung up while nobody had anything to say.
                return self.submit(asked)
            return Failed(f"{type(error).__name__}: {error}"[:_SHOWN])
        return self._read(asked, status, body)

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _post(self, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.address.url)
        if self._connection is None:
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        self._connection.request("POST", parts.path.rstrip("/") + PATH, body, {"Content-Type": "text/plain"})
        answer = self._connection.getresponse()
        content = answer.read(_MAX_ANSWER)
        if not answer.isclosed():
            self.close()
        return answer.status, content

    def _read(self, asked: Submission, status: int, body: bytes) -> Outcome:
        text = body.decode(errors="replace")
        if status == http.client.OK:
            return self._cosignature(asked, text)
        size = text.removesuffix("\n")
        if status == http.client.CONFLICT and size.isascii() and size.isdigit() and len(size) < _MAX_DIGITS:
            return Conflict(int(size))
        printable = "".join(character for character in text if character.isprintable())
        what = f"{status} {printable}"[:_SHOWN].strip()
        return Failed(what) if status >= http.client.INTERNAL_SERVER_ERROR else Refused(status, what)

    def _cosignature(self, asked: Submission, text: str) -> Outcome:
        """The witness's own line, once it is seen to be good; lines of other keys are ignored."""
        try:
            lines = [parse_signature(line) for line in text.removesuffix("\n").split("\n")]
            found = cosignatures(split_note(asked.note)[0], lines, [self.address.witness])
        except InvalidNote as error:
            return Failed(f"its cosignature is not good: {error}")
        return Cosigned(found[0]) if found else Failed("it cosigned with another key than the settings name")
