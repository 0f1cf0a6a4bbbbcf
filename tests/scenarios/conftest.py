from pathlib import Path

import pytest
from pytest_socket import enable_socket

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios talk to servers that they start themselves on the loopback interface."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(autouse=True)
def _sockets() -> None:
    enable_socket()
