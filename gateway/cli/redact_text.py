"""``custody redact text``: standard input to standard output without what is sensitive, and back."""

import asyncio
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.redact_detectors import DetectorsOption, chosen_detectors
from gateway.cli.redact_vault import VaultFile, VaultUnusable, new_vault, open_vault
from gateway.settings import Settings
from redaction.bulk import PER_DEADLINE
from redaction.errors import RedactionError
from redaction.memory import ScanMemory
from redaction.operators import DEFAULT, Plan
from redaction.placeholders import Vault
from redaction.redactor import Redactor, redact
from redaction.restore import restored

_PLACEHOLDER = "replace"


def text(
    operator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATOR|TYPE=OPERATOR",
            help="keep, replace, mask, hash, generalize, surrogate or refuse, for all or one entity type.",
        ),
    ] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Put back what the vault file holds.")] = False,
    vault: Annotated[
        Path | None,
        typer.Option("--vault", help="File that restores (mode 0600): it holds the originals and a key."),
    ] = None,
    detectors: DetectorsOption = "",
    config: ConfigOption = None,
) -> None:
    """Take sensitive values out of standard input; with --restore put them back.

    Without --vault a placeholder is good for telling values apart and for nothing else.
    """
    try:
        if restore:
            _write(_restored(_read(), vault))
            return
        settings = configured(config)
        plan = _plan(operator or ())
        kept = open_vault(vault, must_exist=False) if vault else None
        _write(_redacted(_read(), plan, kept, settings, detectors))
    except (RedactionError, VaultUnusable) as error:
        fail(str(error))


def _restored(content: str, path: Path | None) -> str:
    if path is None:
        fail("--restore needs the --vault FILE that was written when the values were taken out")
    return restored(content, open_vault(path, must_exist=True).vault())


def _redacted(content: str, plan: Plan, kept: VaultFile | None, settings: Settings, detectors: str) -> str:
    limits = settings.redaction
    redactor = Redactor(
        chosen_detectors(settings, detectors),
        key=secrets.token_bytes(32),
        memory=ScanMemory(entries=0),
        deadline_s=limits.deadline_s * max(1.0, len(content) / PER_DEADLINE),
    )
    scan = asyncio.run(redactor.scan([content], department=""))
    vault: Vault = kept.vault() if kept else new_vault(secrets.token_bytes(32))
    taken = redact(scan.texts, scan.parts, plan, vault)
    if kept:
        # Before anything is shown: a placeholder that cannot be restored any more must not come out.
        kept.keep(vault)
    return taken.texts[0]


def _plan(operators: Sequence[str]) -> Plan:
    named = (each.rpartition("=") for each in operators)
    return Plan({DEFAULT: _PLACEHOLDER, **{kind or DEFAULT: operator for kind, _, operator in named}})


def _read() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        # "from None": the cause holds the input.
        fail("standard input is not text in UTF-8")


def _write(content: str) -> None:
    sys.stdout.buffer.write(content.encode())
    sys.stdout.buffer.flush()
