"""What is kept: the verifiable log, and the prompts and replies that policies want kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from audit.payloads.retention import FLOOR_DAYS
from gateway.settings.base import Name, PluginSettings, Section


class WitnessSettings(Section):
    """A witness: somebody else's machine that sees to it that the log only grows."""

    url: str = Field(description="Where it answers (C2SP tlog-witness submission prefix).")
    key: str = Field(description="Its verifier key, as `custody witness key` shows it.")


class WitnessesSettings(Section):
    """Who cosigns the log's checkpoints, and what it means when too few do."""

    members: tuple[WitnessSettings, ...] = Field((), min_length=1, description="The witnesses.")
    quorum: int = Field(gt=0, description="How many of them must cosign a checkpoint.")
    timeout_s: float = Field(5, gt=0, description="Longest wait for one answer of a witness, in seconds.")
    warn_after_s: float = Field(
        60, gt=0, description="Seconds that an entry may wait for the quorum before the gateway warns."
    )
    max_uncosigned_s: float = Field(
        0, ge=0, description="Seconds after which new calls are refused for want of a quorum; 0: never."
    )


class SinkSettings(PluginSettings):
    """A copy of the log somewhere else."""

    name: Name = Field(description="What the log remembers its place by.")


class AuditSettings(Section):
    """The verifiable log."""

    database: SecretStr = Field(
        SecretStr("audit.db"),
        description="SQLite file of the log, in the state folder; or postgresql://user@host/name.",
    )
    key_file: Path = Field(
        Path("audit.key"), description="Signing key of the log, in the state folder; made for a new log."
    )
    signing_key: SecretStr | None = Field(
        default=None, description="The text of a key file, in place of the file; for replicas of one log."
    )
    origin: str = Field(
        "custody.example/log", description="Name of the log in its checkpoints (C2SP origin)."
    )
    deadline_s: float = Field(2, gt=0, description="Seconds until a record that is not durable is a failure.")
    refusals_singly: int = Field(
        20, gt=0, description="Refusals of one kind to one caller recorded singly in a window."
    )
    refusals_window_s: float = Field(10, gt=0, description="Seconds of that window.")
    witnesses: WitnessesSettings | None = Field(
        default=None, description="Who must have seen the log; none without it."
    )

    sinks: tuple[SinkSettings, ...] = Field((), description="Copies of the log, each a kind and its options.")


class PayloadKeySettings(PluginSettings):
    """The key-encryption key of a department."""

    department: str = Field(
        pattern=r"^(\*|[a-z0-9][a-z0-9._-]{0,63})$", description="Whose payloads; `*` for all others."
    )


class PayloadSettings(Section):
    """Prompts and replies that policies want kept, encrypted."""

    database: SecretStr = Field(
        SecretStr("payloads.db"),
        description="SQLite file, in the state folder; or postgresql://user@host/name.",
    )
    keys_database: SecretStr = Field(
        SecretStr("payload-keys.db"), description="The same for their keys; keep its backups apart."
    )
    keys: tuple[PayloadKeySettings, ...] = Field(
        (), description="Key-encryption keys by department; without one nothing can be kept."
    )
    retention_days: int = Field(
        400, ge=FLOOR_DAYS, description="Days that payloads stay readable, 183 at least."
    )
    retention: Mapping[Name, Annotated[int, Field(ge=FLOOR_DAYS)]] = Field(
        {}, description="The same by department."
    )
