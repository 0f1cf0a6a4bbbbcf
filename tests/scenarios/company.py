"""The story's company with a gateway in the test's own process, and a clock that the test may set ahead."""

import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx

from audit.keys import read_verifier
from audit.note import Verifier
from audit.query import LogReader
from gateway import bundled
from gateway.app import Gateway, build_gateway, create_app
from gateway.control.operations import Acting, Operation
from gateway.domain import JsonObject
from gateway.ownership.disputes.desk import Desk, Sources
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import Facet
from gateway.parts import principals
from gateway.pdp.source import read_source
from gateway.pipeline import Pipeline
from gateway.settings import load_settings
from gateway.state import StateFolder
from tests.scenarios import wire

PRICES = '[costs]\ncurrency = "EUR"\nmodel_second = "0.0021"\ncompletion_tokens_1000 = "0.04"\n'
_SIGNED_WITHIN_S = 10
_DAY_US = 86_400_000_000

# Principal: department, kind, roles, use case.
PEOPLE = {
    "retail-service": ("retail", "service", (), "complaint-triage"),
    "retail-lead": ("retail", "person", ("owner",), "complaint-triage"),
    "product-lead": ("product", "person", ("owner",), "support-drafting"),
    "it-lead": ("it", "person", ("owner", "custodian"), "it-helpdesk"),
    "clerk": ("legal", "person", ("clerk",), ""),
    "judge-legal": ("legal", "person", ("adjudicator",), ""),
    "judge-security": ("security", "person", ("adjudicator",), ""),
    "judge-audit": ("audit", "person", ("adjudicator",), ""),
    "auditor": ("audit", "person", ("auditor",), "internal-audit"),
    "registrar": ("legal", "person", ("governance-admin",), ""),
}

_SETTINGS = """
mode = "development"
state_dir = "{state}"

[audit]
refusals_singly = 100_000

[policy]
kind = "live"
policies = "{policies}"

[redaction]
deadline_s = 10

[[redaction.detectors]]
kind = "patterns"

[[redaction.detectors]]
kind = "secrets"

[identity]
kind = "api_keys"

[[backends]]
name = "gpu"
kind = "scripted"

[[assets]]
id = "northwind-base"
type = "base_model"
backend = "gpu"
base_model = "northwind-base"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}

[[assets]]
id = "support-tone"
type = "adapter"
backend = "gpu"
base_model = "northwind-base"
adapter = "support-tone"
class_ceiling = "internal"
facets = {{ accountable_owner = "product", custodian = "it", ip_holder = "product", data_owner = "product" }}
"""

# What retail would not allow, had it a say: drafts by others on what it pays for.
_RETAILS_RULE = """
deny contains reasons.reason(
	"not_at_our_cost",
	"Retail lets nobody draft on a model that it pays for.",
	"",
	"Ask retail.",
) if {
	input.action.name == "chat"
	input.resource.id == "support-tone"
	input.context.use_case == "support-drafting"
}
"""


@dataclass(slots=True)
class Company:
    """A running gateway, its people and their keys; ``ahead_us`` is how far the company's clock is ahead."""

    folder: Path
    config: Path
    gateway: Gateway
    keys: dict[str, str]
    people: dict[str, Acting]
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    ahead_us: int = 0

    @property
    def state(self) -> Path:
        """The gateway's state folder."""
        return self.folder / "state"

    @property
    def verifier(self) -> Verifier:
        """The log's key."""
        return read_verifier(self.state / "audit.pub")

    def wall_us(self) -> int:
        """The company's clock."""
        return time.time_ns() // 1000 + self.ahead_us

    def now(self) -> datetime:
        """The same as a date."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.wall_us())

    def days(self, count: float) -> None:
        """Lets time pass."""
        self.ahead_us += int(count * _DAY_US)

    async def ask(self, who: str, text: str, model: str = "support-tone", **headers: str) -> httpx.Response:
        """One chat completion; headers without their ``x-custody-``."""
        named = {f"x-custody-{name.replace('_', '-')}": value for name, value in headers.items()}
        body = wire.body(text, model=model)
        return await self.clients[who].post("/chat/completions", content=body, headers=named)

    async def do(self, who: str, operation: Operation) -> JsonObject:
        """One operation of somebody."""
        performed = await self.gateway.office._parts.governance.perform(self.people[who], operation)
        return performed.outcome

    def holder(self, facet: Facet, asset: str = "support-tone") -> str:
        """Who holds a facet now, as the registry believes."""
        at_us = self.wall_us()
        held = self.gateway.control.look(lambda connection: owner(connection, asset, facet, at_us))
        return held.holder if held else ""

    def desk(self) -> Desk:
        """Where exhibits are frozen and recommendations are asked for."""
        prices = Prices.model_validate({"currency": "EUR", "model_second": "0.0021"})
        policy = read_source(self.folder / "policies")
        sources = Sources(self.state / "audit.db", self.verifier, lambda: policy, prices)
        return Desk(self.gateway.office._parts.governance, sources, self.wall_us)

    async def signed(self) -> None:
        """Waits until the log has signed all that it holds."""
        with anyio.fail_after(_SIGNED_WITHIN_S), LogReader(self.state / "audit.db") as reader:
            while reader.checkpoint_over(self.verifier, reader.size() - 1) is None:  # noqa: ASYNC110 - another thread signs
                await anyio.sleep(0.05)


@asynccontextmanager
async def running_company(folder: Path) -> AsyncIterator[Company]:
    """The company with its gateway, which is closed in the end."""
    config = _configured(folder)
    settings = load_settings(config)
    gateway = build_gateway(settings)
    state = StateFolder(settings.state_dir)
    keys = state.first_keys(PEOPLE)
    named = principals(settings, state)
    people = {name: found for name in PEOPLE if (found := named.named(name)) is not None}
    company = Company(folder, config, gateway, keys, people)
    gateway.control._wall_us = company.wall_us
    await gateway.start()
    parts = replace(gateway.pipeline._parts, now=company.now)
    app = create_app(replace(gateway, pipeline=Pipeline(parts)))
    try:
        for name, key in keys.items():
            company.clients[name] = _client(app, key)
        yield company
    finally:
        for client in company.clients.values():
            await client.aclose()
        await gateway.aclose()


def _client(app: object, key: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # FastAPI is one
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return httpx.AsyncClient(transport=transport, base_url="http://gateway/v1", headers=headers, timeout=30)


def _configured(folder: Path) -> Path:
    policies = folder / "policies"
    shutil.copytree(bundled.policies(), policies)
    rule = policies / "departments" / "retail" / "own_assets.rego"
    rule.write_text(rule.read_text().replace("deny := set()\n", _RETAILS_RULE.lstrip()))
    (policies / "departments" / "retail" / "own_assets_test.rego").unlink()
    (folder / "prices.toml").write_text(PRICES)
    settings = _SETTINGS.format(state=folder / "state", policies=policies)
    for name, (department, kind, roles, use_case) in PEOPLE.items():
        listed = ", ".join(f'"{role}"' for role in roles)
        settings += (
            f'\n[[identity.principals]]\nid = "{name}"\nkind = "{kind}"\ndepartment = "{department}"\n'
        )
        settings += f"roles = [{listed}]\n" + (f'use_case = "{use_case}"\n' if use_case else "")
    path = folder / "custody.toml"
    path.write_text(settings)
    return path
