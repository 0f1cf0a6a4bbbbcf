"""A file of JSON lines, for a log shipper to follow."""

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from audit.errors import SinkUnavailable
from audit.query import Located
from audit.sinks.base import line


class Options(BaseModel):
    """Where the file lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="The file; it is opened anew for each batch, so it may be moved away.")


def build(options: Options) -> "JsonLinesFile":
    """The file; it is made with the first entry."""
    return JsonLinesFile(options.path)


class JsonLinesFile:
    """Appends lines and waits until they are on disk; of a batch that fails nothing stays."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, entries: Sequence[Located]) -> None:
        """Appends the entries, one line each."""
        content = b"".join(line(each) + b"\n" for each in entries)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                self._append(file.fileno(), content)
        except OSError as error:
            raise SinkUnavailable(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is kept open between batches."""

    def _append(self, file: int, content: bytes) -> None:
        before = os.fstat(file).st_size
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            # Half a line would make the next one unreadable too.
            os.ftruncate(file, before)
            raise
