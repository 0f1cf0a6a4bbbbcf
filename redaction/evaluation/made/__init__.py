"""Labelled texts that are made, for what no public set labels: secrets, and four of our languages.

``custody redact eval --data made:secrets --data made:letters`` measures on them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from redaction.evaluation.errors import DataInvalid
from redaction.evaluation.made import letters, secrets
from redaction.evaluation.samples import Sample

__all__ = ["made"]

_PREFIX: Final = "made:"
_SETS: Final[Mapping[str, Callable[[], list[Sample]]]] = {
    "secrets": secrets.samples,
    "letters": letters.samples,
}


def made(path: Path) -> list[Sample] | None:
    """The rows of a made set, if the path is ``made:`` and a name; raises ``DataInvalid`` for no set."""
    if not str(path).startswith(_PREFIX):
        return None
    name = str(path).removeprefix(_PREFIX)
    if name not in _SETS:
        raise DataInvalid(f"{path}: made sets are {', '.join(f'{_PREFIX}{each}' for each in _SETS)}")
    return _SETS[name]()
