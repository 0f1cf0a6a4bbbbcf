"""``custody demo`` against a running gateway."""

import pytest

from audit.entry import EntryType
from tests.scenarios import replies
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway, custody

_OWNER = """
[[identity.principals]]
id = "product-owner"
kind = "person"
department = "product"
roles = ["owner"]
"""


def test_the_demo_tells_three_scenes_and_leaves_no_right_behind(
    capture: Capture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An answer, a refusal that a grant turns into an answer, a leak stopped; the grant is taken back."""
    capture.script = replies.echo
    running = RunningGateway(tmp_path_factory.mktemp("demo"), capture.url, Shape(more=_OWNER)).await_ready()
    try:
        told = custody("demo", "--config", str(running.settings), "--url", running.url, timeout_s=240)
        assert told.returncode == 0, told.stdout + told.stderr
        titles = ("what the model sees", "Product grants it", "refused with 403, before the model")
        assert [told.stdout.count(title) for title in titles] == [1, 1, 2]
        assert told.stdout.count("Proved:") == 4
        listed = custody("grant", "list", "--config", str(running.settings), "--json")
        assert (listed.returncode, listed.stdout) == (0, "")
        kinds = [entry.record.type for entry in running.entries()]
        assert kinds.index(EntryType.GRANT_GIVEN) < kinds.index(EntryType.GRANT_REVOKED)
    finally:
        running.close()
