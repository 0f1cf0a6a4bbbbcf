"""Entity tags (RFC 9110 section 8.8.3): strong ones, made of what is shown."""

import re
from hashlib import sha256

from gateway.errors import BadRequest, PreconditionFailed
from gateway.views.base import Told

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
_LIST = re.compile(rf"\s*{_TAG.pattern}\s*(,\s*{_TAG.pattern}\s*)*")
_ANY = "*"


def tag(content: bytes) -> str:
    """The strong tag of these bytes."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def tag_of(told: Told) -> str:
    """The tag that reading this gives."""
    return tag(told.model_dump_json().encode())


def unchanged(if_none_match: str, current: str) -> bool:
    """Whether a reader has this already; compared weakly, as RFC 9110 section 13.1.2 asks."""
    if not if_none_match:
        return False
    return if_none_match.strip() == _ANY or current in {f'"{name}"' for _, name in _tags(if_none_match)}


def require_match(if_match: str, current: str) -> None:
    """Raises ``PreconditionFailed`` unless one of the tags is the current one; weak ones never are."""
    if if_match.strip() == _ANY:
        return
    if current not in {f'"{name}"' for weak, name in _tags(if_match) if not weak}:
        raise PreconditionFailed("It was changed since you read it; read it again and decide anew.")


def _tags(header: str) -> list[tuple[str, str]]:
    if _LIST.fullmatch(header) is None:
        raise BadRequest('An entity tag is written in double quotes, several with commas: "abc", "def".')
    return [(found[1] or "", found[2]) for found in _TAG.finditer(header)]
