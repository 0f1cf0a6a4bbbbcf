from hashlib import sha256

import pytest

from gateway.pdp.datafiles import DataFileBroken
from gateway.pdp.lifecycle.digests import canonical, file_digest


def test_a_module_counts_by_its_bytes() -> None:
    """Rego is digested as it stands."""
    assert file_digest("a/b.rego", b"package a\n") == sha256(b"package a\n").hexdigest()


@pytest.mark.parametrize(
    ("written", "hashed"),
    [
        (b'{"b": 1, "a": [true, null, "x"]}', '{"a":[true,null,"x"],"b":1}'),
        (
            b'{"n": 1.50, "m": 1E3, "big": 123456789012345678901}',
            '{"big":123456789012345678901,"m":1E3,"n":1.50}',
        ),
        ('{"s": "\\u2028<&>é\\u0007"}'.encode(), '{"s":"\\u2028<&>é\\u0007"}'),
    ],
)
def test_json_counts_by_its_value(written: bytes, hashed: str) -> None:
    """JSON is digested with sorted keys, its numbers as written and its strings as Go writes them."""
    assert file_digest("x/data.json", written) == sha256(hashed.encode()).hexdigest()


@pytest.mark.parametrize(
    ("number", "hashed"),
    [
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("1.0e+16", "10000000000000000"),
        ("2.5e-07", "2.5e-7"),
        ("1.0e+21", "1e+21"),
    ],
)
def test_yaml_numbers_count_as_go_writes_them(number: str, hashed: str) -> None:
    """A number in YAML is digested in the form that Go gives it."""
    assert (
        file_digest("data.yaml", f"n: {number}\n".encode())
        == sha256(f'{{"n":{hashed}}}'.encode()).hexdigest()
    )


def test_what_is_no_data_has_no_digest() -> None:
    """A data file that cannot be read is an error, not a digest of its bytes."""
    with pytest.raises(ValueError, match="Expecting"):
        file_digest("data.json", b"{")
    with pytest.raises(DataFileBroken):
        file_digest("data.yaml", b"- 1\n- [")


def test_canonical_bytes_are_their_own_digest() -> None:
    """What is written canonically is digested by its bytes."""
    written = canonical({"b": 1, "a": {"c": "é"}})
    assert file_digest(".manifest", written) == sha256(written).hexdigest()
