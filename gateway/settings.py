"""Settings come from ``custody.toml`` and ``CUSTODY_*`` variables, are checked as one, and never change."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from audit.payloads.retention import FLOOR_DAYS
from gateway.domain import Action, DataClass

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class SettingsInvalid(Exception):
    """The settings cannot be used; the message lists every fault, each with its place."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PluginSettings(BaseModel):
    """A plug-in: its ``kind`` is a file name, the other keys are the options that this file declares."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="Name of the plug-in's file.")

    @property
    def options(self) -> dict[str, object]:
        """Everything but the kind, for the plug-in's own ``Options``."""
        return dict(self.model_extra or {})


class BackendSettings(PluginSettings):
    """A model server; assets name it."""

    name: Name = Field(description="What assets call this backend.")


class ServerSettings(_Section):
    """Where and how the gateway listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    max_body_bytes: int = Field(10_000_000, gt=0, description="Largest request body, in bytes.")
    max_header_bytes: int = Field(32_768, gt=0, description="Largest set of request headers, in bytes.")
    body_timeout_s: float = Field(
        30, gt=0, description="Longest wait for the next piece of a body, in seconds."
    )
    send_timeout_s: float = Field(60, gt=0, description="Longest wait for a client to read, in seconds.")
    stop_timeout_s: int = Field(7, gt=0, description="Seconds that open answers get to finish on a stop.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-]+)*)?$",
        description="Where clients reach the gateway, for documents that name it; empty: host and port.",
    )


class WitnessSettings(_Section):
    """A witness: somebody else's machine that sees to it that the log only grows."""

    url: str = Field(description="Where it answers (C2SP tlog-witness submission prefix).")
    key: str = Field(description="Its verifier key, as `custody witness key` shows it.")


class WitnessesSettings(_Section):
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


class AuditSettings(_Section):
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


class PayloadSettings(_Section):
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


class BundleSettings(_Section):
    """Policy bundles: what they are for, who signs them, whose are taken."""

    environment: Name = Field("default", description="Environment that bundles are built for and taken from.")
    name: Name = Field("custody", description="Name of the bundle: OPA servers ask for /bundles/NAME.")
    signing_key_file: Path = Field(
        Path("policy.key"), description="Private key as PEM, in the state folder; made when there is none."
    )
    signing_key: SecretStr | None = Field(
        None, description="The text of that file, in its place; the same for all gateways of one database."
    )
    verification_keys: Mapping[str, Path] = Field(
        {}, description="Further keys whose bundles are taken: a public key's PEM file by key id."
    )


class BreakGlassSettings(_Section):
    """How far anybody may help themselves in an emergency; the owner is told each time."""

    roles: tuple[Name, ...] = Field((), description="Who may: roles of principals. Nobody without it.")
    class_ceiling: DataClass = Field(DataClass.INTERNAL, description="Highest class of data that it opens.")
    max_minutes: int = Field(60, gt=0, le=1440, description="Longest time that it lasts.")


def _days(default: int, what: str) -> Any:  # noqa: ANN401 - as pydantic's own Field
    return Field(default, gt=0, le=3650, description=f"Days until {what}.")


class DisputeSettings(_Section):
    """How long each state of a dispute or mandate waits; each keeps what was set when it was opened."""

    draft_days: int = _days(30, "a draft that nobody files lapses")
    filed_days: int = _days(7, "a filed dispute that no clerk decides on is admitted")
    admitted_days: int = _days(3, "an admitted one counts as served")
    notice_served_days: int = _days(14, "the respondents' time to answer is over")
    evidence_open_days: int = _days(30, "the evidence is sealed")
    evidence_sealed_days: int = _days(3, "mediation begins")
    mediation_days: int = _days(14, "mediation ends and the panel deliberates")
    deliberation_days: int = _days(30, "a panel must have ruled; then its majority counts, or it lapses")
    ruled_days: int = _days(3, "the time for an appeal begins")
    appeal_open_days: int = _days(14, "the time for an appeal is over")
    final_days: int = _days(3, "a final ruling is executed")

    @property
    def days(self) -> dict[str, int]:
        """The days by the state's name."""
        return {name.removesuffix("_days"): getattr(self, name) for name in type(self).model_fields}


class PolicySettings(PluginSettings):
    """The policy engine."""

    kind: str = Field(
        "live", pattern=r"^[a-z][a-z0-9_]{0,63}$", description="`live`, `remote`, `embedded` or `opa`."
    )


class RedactionSettings(_Section):
    """What looks for sensitive text, and how much it may take."""

    detectors: tuple[PluginSettings, ...] = Field(
        (), min_length=1, description="Detectors, each a kind and its options; at least one."
    )
    deadline_s: float = Field(20, gt=0, description="Seconds that the detectors get for one request.")
    workers: int = Field(1, gt=0, le=64, description="Threads that run heavy detectors.")
    memory_entries: int = Field(20_000, ge=0, description="Text parts whose findings are remembered.")


class AssetSettings(_Section):
    """An asset that can be called, who holds which facet of it, and where it runs."""

    id: Name = Field(description="What callers give as `model`.")
    type: Literal["base_model", "adapter", "endpoint"] = Field(description="Kind of asset.")
    backend: Name = Field(description="Name of the backend that runs it.")
    model: str = Field("", description="Its name at the backend; empty: the id.")
    base_model: Name = Field(description="Id of the base model.")
    adapter: str = Field("", description="Id of the adapter; empty: none.")
    facets: Mapping[Name, Name] = Field(description="Department by facet; accountable_owner is required.")
    class_ceiling: DataClass = Field(description="Highest class of data that the asset may see.")
    self_hosted: bool = Field(default=True, description="Whether it runs on the company's own machines.")
    region: str = Field("", description="Where it runs.")
    weight_hash: str = Field("", description="SHA-256 of its weights, in hex.")

    @field_validator("facets")
    @classmethod
    def _has_owner(cls, facets: Mapping[str, str]) -> Mapping[str, str]:
        if "accountable_owner" not in facets:
            raise ValueError("an asset needs an accountable_owner")
        return facets


class GrantSettings(_Section):
    """A right that an owner gives to another department."""

    asset: Name = Field(description="Id of the asset.")
    department: Name = Field(description="Who receives the right.")
    action: Action = Field(Action.CHAT, description="What it lets them do.")
    class_ceiling: DataClass = Field(description="Highest class of data that it covers.")
    expires: AwareDatetime = Field(description="When it ends (RFC 3339, with a time zone).")
    use_case: str = Field("", description="The one use case that it covers; empty: any.")


class ControlSettings(_Section):
    """What governance keeps: who owns what, rights, disputes, and which policy is in force."""

    database: SecretStr = Field(
        SecretStr("control.db"),
        description="SQLite file, in the state folder; or postgresql://user@host/name.",
    )
    stale_after_s: float = Field(
        5, gt=0, description="Seconds without a look at the registry after which calls are refused."
    )
    two_people: tuple[str, ...] = Field(
        (), description="Operations that need a second person's consent; `*`: all that change rights."
    )
    proposal_hours: float = Field(
        72, gt=0, le=8760, description="Hours in which a second person may consent; then it expires."
    )


class Settings(BaseSettings):
    """All settings of a gateway.

    A variable ``CUSTODY_SECTION__KEY`` overrides ``key`` in ``[section]`` of the file.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="CUSTODY_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    mode: Literal["development", "production"] = Field(
        "production", description="Development allows generated keys and scripted backends."
    )
    state_dir: Path = Field(Path(".custody"), description="Folder for the databases, keys and caches.")
    server: ServerSettings = Field(default=ServerSettings(), description="Where and how it listens.")
    audit: AuditSettings = Field(default=AuditSettings(), description="The verifiable log.")
    control: ControlSettings = Field(
        default=ControlSettings(), description="Ownership, rights, disputes and active policies."
    )
    payloads: PayloadSettings = Field(
        default=PayloadSettings(), description="Prompts and replies that policies want kept."
    )
    pepper: SecretStr | None = Field(
        None, description="Secret that API keys are hashed with; without it one is kept in the state folder."
    )
    identity: PluginSettings = Field(description="Who may call: a kind and its options.")
    policy: PolicySettings = Field(default=PolicySettings(), description="The policy engine and its options.")
    bundles: BundleSettings = Field(default=BundleSettings(), description="Policy bundles and their keys.")
    break_glass: BreakGlassSettings = Field(
        default=BreakGlassSettings(), description="Emergency access, and its bounds."
    )
    disputes: DisputeSettings = Field(
        default=DisputeSettings(), description="How long disputes wait for whom."
    )
    redaction: RedactionSettings = Field(description="What is looked for in prompts and replies.")
    backends: tuple[BackendSettings, ...] = Field(min_length=1, description="The model servers.")
    assets: tuple[AssetSettings, ...] = Field(min_length=1, description="What callers may ask for.")
    grants: tuple[GrantSettings, ...] = Field((), description="Rights given by owners.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file; nothing else is read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _names_agree(self) -> "Settings":
        faults = [*self._doubles(), *self._danglers()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _doubles(self) -> list[str]:
        backends = [backend.name for backend in self.backends]
        assets = [asset.id for asset in self.assets]
        return [
            f"{what} {name!r} stands twice"
            for what, names in (("backend", backends), ("asset", assets))
            for name in sorted({name for name in names if names.count(name) > 1})
        ]

    def _danglers(self) -> list[str]:
        backends = {backend.name for backend in self.backends}
        assets = {asset.id for asset in self.assets}
        return [
            *(
                f"asset {a.id!r} names backend {a.backend!r}, which is not there"
                for a in self.assets
                if a.backend not in backends
            ),
            *(
                f"asset {a.id!r} names base model {a.base_model!r}, which is not there"
                for a in self.assets
                if a.base_model not in assets
            ),
            *(
                f"a grant names asset {g.asset!r}, which is not there"
                for g in self.grants
                if g.asset not in assets
            ),
        ]


def load_settings(path: Path) -> Settings:
    """The settings in the file at ``path``, with ``CUSTODY_*`` variables on top.

    Relative paths in the file are relative to the working directory. Raises ``SettingsInvalid`` with
    every fault at once.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsInvalid(
            f"{path}: cannot be read ({error.strerror}); give another file with --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path}: not TOML: {error}") from error
    return _checked(document, path)


def _checked(document: dict[str, Any], path: Path) -> Settings:
    unknown = sorted(name for name in os.environ if name.startswith("CUSTODY_") and not _known(name))
    if unknown:
        raise SettingsInvalid(f"no setting has the name of the variable(s) {', '.join(unknown)}")
    try:
        return Settings(**document)
    except ValidationError as error:
        lines = [
            f"  {_place(fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsInvalid("\n".join([f"{path}: {len(lines)} fault(s)", *lines])) from error


def _known(variable: str) -> bool:
    # Test runs carry the folder of their data in a variable that is no setting.
    section = variable.removeprefix("CUSTODY_").split("__")[0].lower()
    return section in Settings.model_fields or section.startswith("test_")


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location) or "(whole file)"
