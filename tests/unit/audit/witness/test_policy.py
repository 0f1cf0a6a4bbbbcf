import pytest

from audit.cosignature import WitnessSigner
from audit.errors import LogUnusable
from audit.witness.policy import WitnessAddress, WitnessPolicy

LEGAL = WitnessSigner("legal.example", bytes(range(32))).witness
RISK = WitnessSigner("risk.example", bytes(range(1, 33))).witness
LEGAL_AGAIN = WitnessSigner("legal2.example", bytes(range(32))).witness


@pytest.mark.parametrize(
    ("members", "quorum", "message"),
    [
        ([("http://a", LEGAL)], 2, "A quorum of 2 out of 1"),
        ([("http://a", LEGAL)], 0, "A quorum of 0 out of 1"),
        ([], 1, "A quorum of 1 out of 0"),
        ([("http://a", LEGAL), ("http://b", LEGAL)], 1, "the same name"),
        ([("http://a", LEGAL), ("http://b", LEGAL_AGAIN)], 1, "the same key"),
        ([("http://a", LEGAL), ("http://a", RISK)], 1, "the same URL"),
        ([("ftp://a", LEGAL)], 1, "no http or https URL"),
        ([("http://a:x", LEGAL)], 1, "no http or https URL"),
        ([("http:///add", LEGAL)], 1, "no http or https URL"),
    ],
)
def test_unusable_policies(members: list[tuple[str, object]], quorum: int, message: str) -> None:
    """A quorum that cannot be met, and a machine that could vote twice, are refused with the reason."""
    with pytest.raises(LogUnusable, match=message):
        WitnessPolicy(witnesses=tuple(WitnessAddress(*each) for each in members), quorum=quorum)


def test_usable_policy() -> None:
    """Two machines of two departments may be asked for both."""
    policy = WitnessPolicy(
        witnesses=(WitnessAddress("http://a:7380", LEGAL), WitnessAddress("https://b/w/", RISK)), quorum=2
    )
    assert policy.keys == (LEGAL, RISK)
