"""Reads ``custody.toml``, checks all of it at once, and says every fault with its place."""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.settings.base import SettingsInvalid
from gateway.settings.whole import Settings


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
