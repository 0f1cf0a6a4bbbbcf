"""The gateway as the benchmarks run it: embedded policy, durable log, one far model."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from tests.benchmarks.exchange import MODEL, PACED_MODEL
from tests.benchmarks.servers import Launch, Server, free_port, python_module, serving

LIGHT = ("patterns", "secrets")
WITH_NAMES = (*LIGHT, "classifier")
_PRINCIPAL = "retail-service"
_START_S = 120

_HEAD = """
mode = "development"
state_dir = {state}

[server]
port = {port}

[audit]
origin = "bench.example/custody"

[identity]
kind = "api_keys"

[[identity.principals]]
id = "{principal}"
department = "retail"
use_case = "complaint-triage"
purpose = "customer-support"

[policy]
kind = "embedded"

[[backends]]
name = "double"
kind = "openai_compatible"
base_url = "http://127.0.0.1:{upstream}/v1"
"""
_ASSET = """
[[assets]]
id = "{id}"
type = "{type}"
backend = "double"
base_model = "{base}"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers of one configuration, side by side: the model's double, the baseline, the gateway."""

    upstream: Server
    bare: Server
    gateway: Server
    state: Path

    @property
    def servers(self) -> tuple[Server, Server, Server]:
        """In the order in which each round asks them."""
        return self.upstream, self.bare, self.gateway


@contextmanager
def staged(detectors: Sequence[str]) -> Iterator[Stage]:
    """Starts the servers with these detectors in the gateway, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        ports = [free_port() for _ in range(3)]
        double = python_module("tests.benchmarks.upstream", ports[0])
        baseline = python_module("tests.benchmarks.bare", ports[1], ports[0])
        launches = (
            Launch("direct", double, ports[0], folder / "upstream.log", "/seen"),
            Launch("bare pass-through", baseline, ports[1], folder / "bare.log"),
        )
        upstream, bare = (stack.enter_context(serving(launch)) for launch in launches)
        gateway = stack.enter_context(_gateway(folder, ports[2], ports[0], detectors))
        yield Stage(upstream, bare, gateway, folder / "state")


@contextmanager
def _gateway(folder: Path, port: int, upstream_port: int, detectors: Sequence[str]) -> Iterator[Server]:
    config, state = folder / "custody.toml", folder / "state"
    config.write_text(settings_text(state, port, upstream_port, detectors), "utf-8")
    command = [str(Path(sys.executable).with_name("custody")), "serve", "--config", str(config)]
    with serving(Launch("gateway", command, port, folder / "gateway.log", patience_s=_START_S)) as server:
        keys = orjson.loads((state / "keys.json").read_bytes())
        yield replace(server, key=keys[_PRINCIPAL])


def settings_text(state: Path, port: int, upstream_port: int, detectors: Sequence[str]) -> str:
    """The settings of a gateway over ``state``, as TOML."""
    head = _HEAD.format(
        state=orjson.dumps(str(state)).decode(), port=port, principal=_PRINCIPAL, upstream=upstream_port
    )
    looked_for = "".join(f'\n[[redaction.detectors]]\nkind = "{kind}"\n' for kind in detectors)
    assets = _ASSET.format(id=MODEL, type="base_model", base=MODEL)
    return head + looked_for + assets + _ASSET.format(id=PACED_MODEL, type="endpoint", base=MODEL)
