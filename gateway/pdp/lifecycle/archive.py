"""The archive that a bundle is: a gzipped tar of plain files, written one way and read strictly."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

MAX_ARCHIVE_BYTES = 16 * 1024 * 1024
"""Nothing that people review is larger; it bounds what a stranger's bundle can make us hold."""

MAX_CONTENT_BYTES = 4 * MAX_ARCHIVE_BYTES
MAX_MEMBERS = 10_000

_GZIP = 31  # zlib's window bits for a gzip member


class BundleRefused(Exception):
    """A bundle is not one that this gateway may put into force; the message says why."""


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files; the same bytes whenever and wherever the content is the same."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            tar.addfile(member, io.BytesIO(files[name]))
    return gzip.compress(raw.getvalue(), 9, mtime=0)


def read_archive(content: bytes) -> dict[str, bytes]:
    """The files of an archive by path; raises ``BundleRefused`` for anything but plain files, each once."""
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflated(content)), mode="r:") as tar:
            for name, data in _members(tar):
                if name in files:
                    raise BundleRefused(f"{name} stands twice in the bundle")
                files[name] = data
    except (tarfile.TarError, UnicodeError, ValueError) as error:
        raise BundleRefused(f"the bundle is no tar archive: {error}") from error
    return files


def _inflated(content: bytes) -> bytes:
    if len(content) > MAX_ARCHIVE_BYTES:
        raise BundleRefused(f"the bundle is larger than {MAX_ARCHIVE_BYTES} bytes")
    inflating = zlib.decompressobj(_GZIP)
    try:
        raw = inflating.decompress(content, MAX_CONTENT_BYTES)
    except zlib.error as error:
        raise BundleRefused("the bundle is not gzipped, or damaged") from error
    if inflating.unconsumed_tail:
        raise BundleRefused(f"the bundle holds more than {MAX_CONTENT_BYTES} bytes")
    # What is cut short, or goes on behind the end, was not what its maker wrote.
    if not inflating.eof or inflating.unused_data:
        raise BundleRefused("the bundle is cut short, or goes on behind its end")
    return raw


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for number, member in enumerate(tar):
        if number >= MAX_MEMBERS:
            raise BundleRefused(f"the bundle has more than {MAX_MEMBERS} files")
        # OPA writes names with a slash in front; ours have none, and none is the one form we take.
        if not _plain(member.name):
            raise BundleRefused(f"{member.name!r} is no plain relative path")
        if member.type != tarfile.REGTYPE or member.pax_headers:
            raise BundleRefused(f"{member.name} is no plain file")
        held = tar.extractfile(member)
        if held is None:
            raise BundleRefused(f"{member.name} has no content")
        yield member.name, held.read()


def _plain(name: str) -> bool:
    parts = name.split("/")
    return PurePosixPath(name).as_posix() == name and not {"", ".", ".."} & set(parts) and "\\" not in name
