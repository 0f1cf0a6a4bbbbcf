"""All sections together, which must agree with each other."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.settings.assets import AssetSettings, GrantSettings
from gateway.settings.base import PluginSettings
from gateway.settings.governing import (
    BreakGlassSettings,
    BundleSettings,
    ControlSettings,
    DisputeSettings,
    PolicySettings,
)
from gateway.settings.recording import AuditSettings, PayloadSettings
from gateway.settings.serving import BackendSettings, RedactionSettings, ServerSettings


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
