from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from pytest_socket import enable_socket

from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway

HERE = Path(__file__).parent
EVERY_DETECTOR = Shape(detectors=("patterns", "secrets", "classifier"))

Connect = Callable[..., OpenAI]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios talk to servers that they start themselves on the loopback interface."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(autouse=True)
def _sockets() -> None:
    enable_socket()


@pytest.fixture(scope="session")
def capture_server() -> Iterator[Capture]:
    """One model server for all tests."""
    enable_socket()
    server = Capture()
    yield server
    server.close()


@pytest.fixture
def capture(capture_server: Capture) -> Iterator[Capture]:
    """The model server, with nothing seen yet; a fault in a test's script fails the test."""
    capture_server.reset()
    yield capture_server
    assert not capture_server.seen.faults, capture_server.seen.faults


@pytest.fixture(scope="session")
def shared_gateway(
    capture_server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """One gateway with every detector, for tests that neither kill nor break it."""
    running = RunningGateway(tmp_path_factory.mktemp("shared"), capture_server.url, EVERY_DETECTOR)
    yield running.await_ready()
    running.close()


@pytest.fixture
def gateway(shared_gateway: RunningGateway, capture: Capture) -> RunningGateway:
    """The shared gateway over a model server that has seen nothing yet."""
    assert shared_gateway.process.poll() is None, shared_gateway.spoken()[-4000:]
    return shared_gateway


@pytest.fixture
def own_gateway(capture: Capture, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway that the test may break; without the classifier, for its start-up time."""
    running = RunningGateway(tmp_path, capture.url)
    yield running.await_ready()
    running.close()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes OpenAI clients with nothing but an address and a key, and closes them."""
    clients: list[OpenAI] = []

    def client(gateway: RunningGateway, department: str = "retail", **options: object) -> OpenAI:
        made = OpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key(department), timeout=60, **options)  # type: ignore[arg-type]  # max_retries is all that tests give
        clients.append(made)
        return made

    yield client
    for each in clients:
        each.close()
