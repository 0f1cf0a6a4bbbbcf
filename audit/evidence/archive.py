"""ZIP archives with one spelling: the same contents give the same bytes, on every machine.

Members are stored, not compressed, for a compressor's output depends on its version; sorted by name; dated
1980-01-01, the zero of the format; without comments or extra fields (APPNOTE 6.3.10, sections 4.3.7, 4.3.12
and 4.3.16). A verifier can thus write the archive anew from its contents and compare every byte.
"""

import shutil
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from audit.errors import ExportRefused

Content: TypeAlias = bytes | Path

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _UNIX = 20, 3
_UTF8_NAMES = 0x0800
_STORED = 0
_MIDNIGHT, _FIRST_OF_1980 = 0, 0x0021
_PLAIN_FILE = 0o100644 << 16
_MAX_BYTES = 0xFFFF_FFFF
_MAX_MEMBERS = 0xFFFE
_CHUNK = 1 << 20


def write_archive(out: BinaryIO, members: Mapping[str, Content]) -> None:
    """Write the members, each its bytes or the file that holds them; raises ExportRefused beyond 4 GiB."""
    _require_room(members)
    directory = bytearray()
    offset = 0
    for name in sorted(members, key=str.encode):
        content = members[name]
        raw, size, checksum = name.encode(), _size(content), _checksum(content)
        common = (_UTF8_NAMES, _STORED, _MIDNIGHT, _FIRST_OF_1980, checksum, size, size, len(raw), 0)
        out.write(_LOCAL.pack(b"PK\x03\x04", _VERSION, *common) + raw)
        _copy(content, out)
        head = (b"PK\x01\x02", _VERSION, _UNIX, _VERSION, 0)
        directory += _CENTRAL.pack(*head, *common, 0, 0, 0, _PLAIN_FILE, offset) + raw
        offset += _LOCAL.size + len(raw) + size
    out.write(directory)
    count = len(members)
    out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), offset, 0))


def _require_room(members: Mapping[str, Content]) -> None:
    headers = _END.size + sum(_LOCAL.size + _CENTRAL.size + 2 * len(name.encode()) for name in members)
    if headers + sum(map(_size, members.values())) > _MAX_BYTES or len(members) > _MAX_MEMBERS:
        raise ExportRefused("The bundle would pass 4 GiB: export it in several ranges (--first, --end).")


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _checksum(content: Content) -> int:
    if isinstance(content, bytes):
        return zlib.crc32(content)
    value = 0
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def _copy(content: Content, out: BinaryIO) -> None:
    if isinstance(content, bytes):
        out.write(content)
        return
    with content.open("rb") as file:
        shutil.copyfileobj(file, out, _CHUNK)
