"""What every section of the settings is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class SettingsInvalid(Exception):
    """The settings cannot be used; the message lists every fault, each with its place."""


class Section(BaseModel):
    """A table of the file: it never changes, and a key that it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PluginSettings(BaseModel):
    """A plug-in: its ``kind`` is a file name, the other keys are the options that this file declares."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="Name of the plug-in's file.")

    @property
    def options(self) -> dict[str, object]:
        """Everything but the kind, for the plug-in's own ``Options``."""
        return dict(self.model_extra or {})
