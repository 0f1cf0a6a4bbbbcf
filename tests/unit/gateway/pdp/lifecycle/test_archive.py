import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pdp.lifecycle.archive import (
    MAX_ARCHIVE_BYTES,
    MAX_CONTENT_BYTES,
    BundleRefused,
    read_archive,
    write_archive,
)

_NAMES = st.lists(st.from_regex(r"[a-z_.]{1,8}[a-z]", fullmatch=True), min_size=1, max_size=3).map("/".join)


def archive(
    *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, form: int = tarfile.USTAR_FORMAT
) -> bytes:
    """An archive of whatever members, well-formed or not."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = (
                len(content),
                kind,
                "a" if kind != tarfile.REGTYPE else "",
            )
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue())


@given(st.dictionaries(_NAMES, st.binary(max_size=64), max_size=5))
def test_reads_what_it_writes_and_writes_it_alike(files: dict[str, bytes]) -> None:
    """Any plain files survive, and the bytes do not depend on the order they were given in."""
    written = write_archive(files)
    assert read_archive(written) == files
    assert write_archive(dict(reversed(files.items()))) == written


@pytest.mark.parametrize(
    "name", ["../etc/passwd", "/a.rego", "a/../b.rego", "./a.rego", "a//b.rego", "..", "a\\b.rego", ""]
)
def test_a_path_that_leads_elsewhere_is_refused(name: str) -> None:
    """Names that are not plain relative paths are refused, whatever they hold."""
    with pytest.raises(BundleRefused):
        read_archive(archive((name, b"x")))


def test_a_name_that_stands_twice_is_refused() -> None:
    """Two members of one name are refused: readers would differ on which one counts."""
    with pytest.raises(BundleRefused, match="stands twice"):
        read_archive(archive(("a.rego", b"1"), ("a.rego", b"2")))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_only_plain_files_are_taken(kind: bytes) -> None:
    """Links, folders and devices are refused."""
    with pytest.raises(BundleRefused):
        read_archive(archive(("a.rego", b""), kind=kind))


def test_extended_headers_are_refused() -> None:
    """A pax header, which can rename what follows it, is refused."""
    with pytest.raises(BundleRefused, match="no plain file"):
        read_archive(archive(("ä.rego", b"x"), form=tarfile.PAX_FORMAT))


@pytest.mark.parametrize(
    "broken",
    [b"", b"PK\x03\x04", gzip.compress(b"no tar, but long enough to be looked at" * 40), b"\x1f\x8b\x08"],
    ids=["empty", "zip", "gzip", "cut"],
)
def test_what_is_no_archive_is_refused(broken: bytes) -> None:
    """Bytes that are no gzipped tar are refused as such."""
    with pytest.raises(BundleRefused):
        read_archive(broken)


def test_a_bundle_that_is_cut_short_or_goes_on_is_refused() -> None:
    """Neither a missing end nor anything behind the end is taken."""
    whole = write_archive({"a.rego": b"x" * 100})
    for broken in (whole[:-5], whole + b"more", whole + whole):
        with pytest.raises(BundleRefused, match="cut short"):
            read_archive(broken)


def test_a_huge_bundle_is_refused_before_it_is_held() -> None:
    """Size is bounded before and after unpacking: a small file of many zeros is refused."""
    with pytest.raises(BundleRefused, match="larger than"):
        read_archive(b"\x1f" * (MAX_ARCHIVE_BYTES + 1))
    with pytest.raises(BundleRefused, match="holds more than"):
        read_archive(gzip.compress(b"\0" * (MAX_CONTENT_BYTES + 1)))
