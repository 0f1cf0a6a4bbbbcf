"""What parties and panels write: kept in the control database, known in events and the log by its digest."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection, insert, select

from gateway.control.changes import Change
from gateway.ownership.disputes.tables import DISPUTE_TEXT

_SALT_BYTES = 16

# U+0000 has no place in a text of PostgreSQL.
Prose = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[^\x00]*$")]
"""What people write, in their words."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the salt that makes its digest."""

    digest: str
    salt: str
    text: str


def digest_of(salt: str, text: str) -> str:
    """SHA-256 over salt and text, in hex: without the salt a short text could be guessed from it."""
    return sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def keep(change: Change, dispute: str, text: str) -> str:
    """Keeps a text and gives its digest; nothing of nothing."""
    if not text:
        return ""
    salt = secrets.token_hex(_SALT_BYTES)
    digest = digest_of(salt, text)
    change.connection.execute(
        insert(DISPUTE_TEXT).values(digest=digest, dispute=dispute, salt=salt, text=text)
    )
    return digest


def of_dispute(connection: Connection, dispute: str) -> dict[str, Text]:
    """Every text of a dispute, by digest."""
    rows = connection.execute(select(DISPUTE_TEXT).where(DISPUTE_TEXT.c.dispute == dispute))
    return {row.digest: Text(row.digest, row.salt, row.text) for row in rows}
