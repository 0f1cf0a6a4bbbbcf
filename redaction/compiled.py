"""Hyperscan databases, compiled once on a machine: compiling takes seconds, reading back milliseconds."""

import contextlib
import hashlib
import os
import pwd
import stat
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan

Parts = Sequence[Sequence[str]]
_DIGEST = 32


def databases(parts: Parts, folder: Path | None = None) -> "list[hyperscan.Database]":
    """One database for each part, its expressions numbered on from part to part.

    They are kept in ``folder``, by default below the user's own ``.cache``, under a digest of the expressions
    and Hyperscan's version. A file that is not ours alone to write, is damaged or was made for another
    processor is passed over, and everything works without a place to keep them.
    """
    import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

    told = "\0\0".join((version("hyperscan"), *("\0".join(part) for part in parts)))
    folder = folder or Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "custody"
    path = folder / f"automaton-{hashlib.sha256(told.encode()).hexdigest()[:40]}"
    kept = _read(path)
    if kept is not None:
        with contextlib.suppress(hyperscan.HyperscanError):
            return [hyperscan.loadb(each, hyperscan.HS_MODE_BLOCK) for each in kept]
    compiled = _compiled(parts)
    # A home that cannot be written to costs the next start its seconds and nothing else.
    with contextlib.suppress(OSError):
        _write(path, [hyperscan.dumpb(each) for each in compiled])
    return compiled


def _compiled(parts: Parts) -> "list[hyperscan.Database]":
    import hyperscan  # noqa: PLC0415  as above

    made = []
    first = 0
    for part in parts:
        database = hyperscan.Database()
        database.compile(
            expressions=[expression.encode("ascii") for expression in part],
            ids=list(range(first, first + len(part))),
            elements=len(part),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(part),
        )
        made.append(database)
        first += len(part)
    return made


def _read(path: Path) -> list[bytes] | None:
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.getuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            digest, body = file.read(_DIGEST), file.read()
    except OSError:
        return None
    return _split(body) if hashlib.sha256(body).digest() == digest else None


def _split(body: bytes) -> list[bytes]:
    parts = []
    at = 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 8])
        parts.append(body[at + 8 : at + 8 + size])
        at += 8 + size
    return parts


def _write(path: Path, parts: Sequence[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = b"".join(len(part).to_bytes(8) + part for part in parts)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".automaton-")
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(body).digest() + body)
    Path(name).replace(path)
