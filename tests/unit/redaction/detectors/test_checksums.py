"""Check digits."""

from redaction.detectors import _checksums
from redaction.detectors._checksums import digits
from redaction.detectors.patterns import Options, build

_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def test_digits_of_every_script_are_read() -> None:
    """A digit counts for its value in whatever script it is written."""
    assert digits("١٢-3\uff14") == [1, 2, 3, 4]


def test_a_number_in_another_script_is_found_and_no_failure() -> None:
    """A national identifier in Arabic digits is confirmed like any other."""
    detector = build(Options())
    value = "85.07.30-033 28".translate(_ARABIC)
    (found,) = detector.detect([f"Numéro de registre national: {value}"])
    assert _checksums.belgian(value)
    assert any(each.validated for each in found)
