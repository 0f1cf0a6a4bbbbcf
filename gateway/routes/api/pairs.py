import json
from typing import Any

from gateway.errors import InvalidBody


class _Doubled(Exception):
    """A name stands twice."""


def doubled_name(raw: bytes) -> bool:
    """Whether an object of this JSON text has two members of one name, of which orjson keeps the last.

    Raises ``InvalidBody`` where what the later member hides nests without end.
    """
    try:
        json.loads(raw, object_pairs_hook=_unique)
    except _Doubled:
        return True
    except RecursionError:
        raise InvalidBody("The body nests too deep.") from None
    return False


def _unique(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _Doubled
