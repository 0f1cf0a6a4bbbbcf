"""Loads plug-ins: one file by kind, only from our own folders, only by the operator's settings."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from gateway.settings import SettingsInvalid

Built_co = TypeVar("Built_co", covariant=True)


class Plugin(Protocol[Built_co]):
    """What a plug-in file exports."""

    Options: type[BaseModel]

    def build(self, options: BaseModel) -> Built_co:
        """The working part that these options describe."""


def kinds(package: str) -> tuple[str, ...]:
    """Names of the plug-in files in ``package``: those that define ``build``."""
    folder = Path(cast("str", importlib.import_module(package).__file__)).parent
    files = (path for path in folder.glob("*.py") if not path.stem.startswith("_"))
    return tuple(sorted(path.stem for path in files if "\ndef build(" in path.read_text("utf-8")))


def load(package: str, kind: str, options: Mapping[str, object], *, place: str, production: bool) -> object:
    """The plug-in ``kind`` of ``package``, built from ``options`` that stand at ``place`` in the settings.

    Raises ``SettingsInvalid`` for a kind that has no file, for options that the file does not take, for a
    part that cannot be built, and in production for a file that says ``PRODUCTION = False`` of itself.
    """
    known = kinds(package)
    if kind not in known:
        raise SettingsInvalid(f"{place}: no kind {kind!r}; there are {', '.join(known)}")
    module = importlib.import_module(f"{package}.{kind}")
    if production and not getattr(module, "PRODUCTION", True):
        raise SettingsInvalid(
            f'{place}: kind {kind!r} is for development; set mode = "development" or choose another'
        )
    checked = _options(module, options, place)
    try:
        return cast("Plugin[object]", module).build(checked)
    except Exception as error:  # the border of a plug-in: why it cannot work is a fault of this installation
        raise SettingsInvalid(f"{place}: {error}") from error


def _options(module: ModuleType, options: Mapping[str, object], place: str) -> BaseModel:
    try:
        return cast("Plugin[object]", module).Options(**options)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"{place}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise SettingsInvalid("\n".join(lines)) from error
