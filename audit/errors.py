"""What can go wrong in the log.

AuditError
├── RecorderUnavailable   the entry is not known to be durable: do not go on
├── InvalidEntry          the record cannot be written canonically (a float, a lone surrogate): do not go on
│   └── EntryTooLarge     more than 65,535 bytes: do not go on
├── InvalidNote           a signed note that cannot be read or whose signature is not good
│   └── InvalidReceipt    a receipt that cannot be read or whose signature is not good
├── InvalidProof          an inclusion or consistency proof that does not hold
├── InvalidSubmission     a request to a witness that cannot be read
├── LogUnusable           the log cannot be opened as it is; the message says what to do
├── LogWentBack           the database holds less than it did: a backup was put back, or a failover lost some
├── EntryNotFound         no entry by that name
├── ExportRefused         what was asked for cannot be written; the message says what to ask for instead
├── PayloadUnavailable    keys or payloads cannot be had: keep nothing, and do not go on
├── PayloadErased         the payload's key is gone for good: nobody can read it any more
├── PayloadTampered       a stored payload is not what its entry committed to
├── QueryRefused          a query that may not run, does not fit, or takes too much
├── SinkUnavailable       a copy of the log cannot be fed now; the log itself is as it was
├── HeldByLaw             a legal hold keeps what was to be erased; names the holds
└── LogCorrupted          the log contradicts itself; names the first bad index
"""

from collections.abc import Iterable


class AuditError(Exception):
    """A failure of the log; its message never holds content."""


class RecorderUnavailable(AuditError):
    """The entry could not be made durable in time."""


class InvalidEntry(AuditError):
    """A record, or stored bytes, that are not a canonical entry."""


class EntryTooLarge(InvalidEntry):
    """A canonical entry is longer than a tlog-tiles entry may be."""


class InvalidNote(AuditError):
    """A signed note is malformed, or no trusted key signed it."""


class InvalidReceipt(InvalidNote):
    """A receipt is malformed, or the log did not sign it."""


class InvalidProof(AuditError):
    """A Merkle proof does not connect what it should."""


class InvalidSubmission(AuditError):
    """A request to a witness is malformed."""


class LogUnusable(AuditError):
    """The log cannot be opened: missing, of another key, or on a library that may corrupt it."""


class LogWentBack(AuditError):
    """The database holds less of the log than this process has seen durable; nothing was written."""


class EntryNotFound(AuditError):
    """No entry has that id, request id or index."""


class PayloadUnavailable(AuditError):
    """The key-encryption key, the key database or the payload database cannot be used now."""


class PayloadErased(AuditError):
    """The data key of a payload was erased; its ciphertext cannot be opened by anyone."""


class PayloadTampered(AuditError):
    """A stored payload does not match the hash or the HMAC in its entry."""


class QueryRefused(AuditError):
    """A query over the log that is not a SELECT, does not fit the table, or takes more than it may."""


class SinkUnavailable(AuditError):
    """The other side of a sink did not take a batch; it comes again."""


class HeldByLaw(AuditError):
    """Legal holds (``holds``, their ids) cover what was to be erased, so nothing was."""

    def __init__(self, holds: Iterable[str]) -> None:
        self.holds = tuple(sorted(holds))
        super().__init__(
            f"Nothing was erased: legal hold {', '.join(self.holds)} covers it. Whoever placed the hold can"
            f" release it with `custody audit hold release`."
        )


class ExportRefused(AuditError):
    """An export, search or query that cannot be carried out as asked."""


class LogCorrupted(AuditError):
    """The log contradicts itself at ``index`` (the first bad entry), and ``finding`` says how."""

    def __init__(self, index: int, finding: str) -> None:
        super().__init__(f"entry {index}: {finding}")
        self.index = index
        self.finding = finding
