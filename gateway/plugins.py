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


def load(package: str, kind: str, options: Mapping[str, object], *, place: str) -> object:
    """The plug-in ``kind`` of ``package``, built from ``options``.

    Raises ``SettingsInvalid`` for a kind that has no file and for options that the file does not take;
    ``place`` says where in the settings they stand.
    """
    known = kinds(package)
    if kind not in known:
        raise SettingsInvalid(f"{place}: no kind {kind!r}; there are {', '.join(known)}")
    module = importlib.import_module(f"{package}.{kind}")
    return cast("Plugin[object]", module).build(_options(module, options, place))


def _options(module: ModuleType, options: Mapping[str, object], place: str) -> BaseModel:
    try:
        return cast("Plugin[object]", module).Options(**options)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"{place}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise SettingsInvalid("\n".join(lines)) from error
