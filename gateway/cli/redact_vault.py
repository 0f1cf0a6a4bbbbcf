"""The file that lets what ``custody redact text`` replaced be put back."""

import base64
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from redaction.placeholders import Scope, Vault
from redaction.standin_book import StandIn

_SCOPE = Scope("custody redact text", b"")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class VaultUnusable(Exception):
    """The file cannot be used; the message says why and never what it holds."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    key: str
    values: tuple[tuple[str, str], ...]  # entity type and value
    stand_ins: tuple[tuple[str, str, str], ...] = ()  # entity type, stand-in and value


@dataclass(frozen=True, slots=True, repr=False)
class VaultFile:
    """Key and values: with both, any process makes the same placeholders and knows what is behind them."""

    path: Path
    key: bytes
    values: tuple[tuple[str, str], ...] = ()
    stand_ins: tuple[tuple[str, str, str], ...] = ()

    def vault(self) -> Vault:
        """A vault in which each of the values has its placeholder or stand-in."""
        vault = new_vault(self.key)
        for entity_type, value in self.values:
            vault.token(entity_type, value)
        for entity_type, text, value in self.stand_ins:
            vault.know_stand_in(StandIn(entity_type, text, value))
        return vault

    def keep(self, vault: Vault) -> None:
        """Writes the file anew with all that a vault has issued, readable by its owner alone."""
        issued = [(each.entity_type, each.text, each.value) for each in vault.stand_ins.issued()]
        content = _Content(
            version=1,
            key=base64.b64encode(self.key).decode(),
            values=vault.issued(),
            stand_ins=tuple(issued),
        )
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise VaultUnusable(f"{self.path}: cannot be written ({error.strerror})") from error


def new_vault(key: bytes) -> Vault:
    """An empty vault of this command."""
    return Vault(key, _SCOPE)


def open_vault(path: Path, *, must_exist: bool) -> VaultFile:
    """The file at ``path``, or a new one with a new key; raises ``VaultUnusable``.

    One that others can read is refused, for it holds originals.
    """
    if not must_exist and not path.exists():
        return VaultFile(path, secrets.token_bytes(32))
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise VaultUnusable(f"{path}: others can read it; chmod 600 it, or remove it and start anew")
        content = _Content.model_validate_json(path.read_bytes())
        return VaultFile(
            path, base64.b64decode(content.key, validate=True), content.values, content.stand_ins
        )
    except OSError as error:
        raise VaultUnusable(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError:
        # "from None": what is wrong would be told with the values.
        raise VaultUnusable(f"{path}: not a file that custody redact text wrote") from None
