"""Server-sent events out of any split of bytes, after the WHATWG HTML standard, section 9.2.6."""

_BOM = b"\xef\xbb\xbf"


class EventTooLarge(Exception):
    """An event, or a line outside any event, is over the limit."""


class EventParser:
    """Takes bytes as they come and gives the data of each complete event.

    Lines end with LF, CRLF or CR; a byte order mark at the start is dropped; comments and fields other
    than ``data`` are skipped; an event without ``data`` is none. What stands after the last blank line is
    never given: the standard drops it. Memory is bounded by ``max_event_bytes`` and the largest piece.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._limit = max_event_bytes
        self._head: bytes | None = b""  # the first bytes, while they may still be a byte order mark
        self._line: list[bytes] = []  # pieces of the line that has not ended
        self._fields: list[bytes] = []  # data lines of the event that has not ended
        self._size = 0
        self._after_cr = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that ``piece`` completes; raises ``EventTooLarge``."""
        piece = self._without_mark(piece)
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")  # the second half of a CRLF that was split between pieces
        if b"\n" not in piece and b"\r" not in piece:
            self._keep(piece)
            return []
        return self._take_lines(piece)

    def _take_lines(self, piece: bytes) -> list[bytes]:
        self._after_cr = piece.endswith(b"\r")
        lines = b"".join((*self._line, piece)).splitlines()
        self._size -= sum(map(len, self._line))
        self._line.clear()
        rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        events = [event for line in lines if (event := self._end_line(line)) is not None]
        self._keep(rest)
        return events

    def _end_line(self, line: bytes) -> bytes | None:
        if line:
            self._grow(len(line))
            if line.startswith(b"data:"):
                self._fields.append(line[5:].removeprefix(b" "))
            elif line == b"data":
                self._fields.append(b"")
            else:
                self._size -= len(line)
            return None
        fields, self._fields, self._size = self._fields, [], 0
        return b"\n".join(fields) if fields else None

    def _keep(self, rest: bytes) -> None:
        if rest:
            self._grow(len(rest))
            self._line.append(rest)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise EventTooLarge

    def _without_mark(self, piece: bytes) -> bytes:
        if self._head is None:
            return piece
        self._head += piece
        if len(self._head) < len(_BOM) and _BOM.startswith(self._head):
            return b""
        head, self._head = self._head, None
        return head.removeprefix(_BOM)
