"""An HTTP endpoint that takes batches of JSON lines."""

from collections.abc import Sequence

from audit.query import Located
from audit.sinks._post import Poster, PostOptions
from audit.sinks.base import line


class Options(PostOptions):
    """Where batches are posted, as ``application/x-ndjson``."""


def build(options: Options) -> "HttpSink":
    """The endpoint; asked with the first entry."""
    return HttpSink(Poster(options, "application/x-ndjson"))


class HttpSink:
    """Posts a batch at a time; any 2xx means that the other side has it."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    def deliver(self, entries: Sequence[Located]) -> None:
        """Posts the entries."""
        self._poster.post(b"".join(line(each) + b"\n" for each in entries))

    def close(self) -> None:
        """Each batch has a connection of its own."""
