"""Rights and ownership change while the gateway runs: the next calls go by it, and records say by what."""

import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from audit.entry import Entry, EntryType
from audit.ids import SystemClock
from gateway import parts
from gateway.app import Gateway
from gateway.bundled import policies
from gateway.control.changes import Change
from gateway.control.governance import Governance
from gateway.control.operations import Acting, Operation
from gateway.domain import Subject
from gateway.ownership.disputes.measures import lift, order
from gateway.ownership.disputes.values import MeasureKind
from gateway.ownership.live.directory import LiveDirectory
from gateway.ownership.operations.granting import GiveGrant, RevokeGrant
from gateway.ownership.operations.transferring import AcceptTransfer, ProposeTransfer
from gateway.settings import load_settings
from gateway.state import StateFolder
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, wait_until
from tests.scenarios.configuration import Shape
from tests.scenarios.inprocess import InProcess, built_in
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway

# What product grants it wants kept, so there must be a key; a file will do here.
pytestmark = pytest.mark.filterwarnings("ignore::audit.payloads.kek.local_file.LocalKeyWarning")

_NEXT_YEAR = "2100-01-01T00:00:00Z"
_KEEPING = """
[[payloads.keys]]
department = "*"
kind = "local_file"
path = "kek.key"
"""
_CLASS = {"x-custody-class": "confidential"}
_PAUSED = """
deny contains reasons.reason("paused", "Retail paused this while it is argued over.", "", "Ask retail.") if {
	input.resource.id == "northwind-base"
	input.action.name == "chat"
}
"""


@pytest.fixture
async def inside(capture: Capture, tmp_path: Path) -> AsyncGenerator[InProcess, None]:
    """A gateway in this process, in whose policies retail would pause the base model if it were asked."""
    capture.script = replies.echo
    folder = tmp_path / "policies"
    shutil.copytree(policies(), folder)
    retail = folder / "departments/retail/own_assets.rego"
    retail.write_text(retail.read_text().replace("deny := set()", _PAUSED))
    shape = Shape(policy=('kind = "embedded"', f'policies = "{folder}"'), more=_KEEPING)
    async with built_in(tmp_path, capture.url, shape) as gateway:
        yield gateway


def owner(department: str) -> Acting:
    """Somebody who speaks for a department."""
    return Acting(f"{department}-lead", Subject(f"sub_{department}", "person", department, roles=("owner",)))


def letters(**fields: object) -> GiveGrant:
    """Product grants retail its adapter for confidential letters."""
    terms: dict[str, object] = {
        "asset": "support-tone",
        "department": "retail",
        "class_ceiling": "confidential",
        "expires": _NEXT_YEAR,
        "use_case": "complaint-triage",
    }
    return GiveGrant.model_validate({**terms, **fields})


async def perform(gateway: Gateway, acting: Acting, operation: Operation) -> tuple[dict[str, object], int]:
    """What an operation tells, and the revision that it made."""
    performed = await Governance(gateway.control).perform(acting, operation)
    return dict(performed.outcome), performed.revision


async def ask(client: httpx.AsyncClient, model: str = "support-tone", **headers: str) -> httpx.Response:
    """Sends Anna's letter as confidential."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = wire.body(ANNA.letter, model=model)
    return await client.post("/chat/completions", content=content, headers={**_CLASS, **named})


async def soon(
    client: httpx.AsyncClient, status: int, model: str = "support-tone", **headers: str
) -> httpx.Response:
    """The first answer with this status; a few looks at the registry are time enough."""
    for _ in range(100):
        answer = await ask(client, model, **headers)
        if answer.status_code == status:
            return answer
        await anyio.sleep(0.1)
    raise AssertionError(f"still {answer.status_code}: {answer.text}")


def facts(entry: Entry, part: str) -> dict[str, object]:
    """What a record says that was decided on."""
    assert entry.record.decision is not None
    found = entry.record.decision.facts[part]
    assert isinstance(found, dict)
    return dict(found)


async def test_a_grant_opens_and_its_revocation_closes(inside: InProcess, capture: Capture) -> None:
    """Without a restart: refused, granted and answered, revoked, refused; each record names its revision."""
    async with inside.asking() as client:
        refused = await ask(client)
        told, given = await perform(inside.built, owner("product"), letters())
        answered = await soon(client, 200)
        _, revoked = await perform(inside.built, owner("product"), RevokeGrant(grant=str(told["grant"])))
        refused_again = await soon(client, 403)
    assert refused.status_code == 403
    assert len(capture.prompts) >= 1
    before, during, after = (
        facts(inside.entries(each.headers["x-request-id"])[0], "context")
        for each in (refused, answered, refused_again)
    )
    assert (before["grants"], after["grants"]) == ([], [])
    (held,) = during["grants"]  # type: ignore[misc]  # a list of one
    assert held["id"] == told["grant"]
    assert (during["registry_revision"], after["registry_revision"]) == (given, revoked)
    assert before["registry_revision"] == given - 1


async def test_a_refusal_of_a_joint_asset_names_all_who_refuse(inside: InProcess, capture: Capture) -> None:
    """Department, rule, remedy and contact of the first, and of everybody else who would have to consent."""
    async with inside.asking() as client:
        error = (await ask(client)).json()["error"]
        legal = inside.key_of("legal")
        hidden = (await ask(client, authorization=f"Bearer {legal}")).json()["error"]
        await perform(inside.built, owner("product"), letters(action="embed"))
    assert (error["code"], error["department"]) == ("access_denied", "product")
    assert error["rule"] == "custody.departments.product.confidential_needs_grant"
    assert error["owner_contact"] == "product-ai@northwind.example"
    assert error["remedy"]
    conflict = next(each for each in error["also"] if each["rule"].endswith("every_owner_must_consent"))
    assert "it" in conflict["message"]
    assert "product" in conflict["message"]
    assert hidden["code"] == "model_not_found"
    assert not {"department", "rule", "owner_contact", "remedy", "also"} & hidden.keys()
    assert capture.prompts == []


async def test_the_next_owner_decides(inside: InProcess, capture: Capture) -> None:
    """Once a transfer is accepted, the new owner's package speaks, and records name the new owner."""
    offer = ProposeTransfer(asset="support-tone", to="retail", expires=_NEXT_YEAR)  # type: ignore[arg-type]  # parsed
    ordinary = {"x_custody_class": "internal"}
    async with inside.asking() as client:
        first = await soon(client, 200, **ordinary)
        told, _ = await perform(inside.built, owner("product"), offer)
        await perform(inside.built, owner("retail"), AcceptTransfer(transfer=str(told["transfer"])))
        second = await soon(client, 403, **ordinary)
        await perform(inside.built, owner("retail"), letters())
        third = await soon(client, 200, **ordinary)
    assert second.json()["error"]["department"] == "retail"
    owners = []
    for answer in (first, second, third):
        resource = inside.entries(answer.headers["x-request-id"])[0].record.resource
        assert resource is not None
        owners.append(resource.owner)
    assert owners == ["product", "retail", "retail"]


async def test_interim_measures_bind_calls(inside: InProcess, capture: Capture) -> None:
    """What a party to a dispute denies is denied while it lasts; what is suspended nobody uses."""
    it = {"authorization": f"Bearer {inside.key_of('it')}", "x_custody_class": "internal"}

    def bind(kind: MeasureKind, *departments: str) -> Callable[[Change], None]:
        def work(change: Change) -> None:
            order(change, "dispute-1", kind, "northwind-base", departments=departments or ("",))
            change.record(EntryType.DISPUTE_MEASURE_ORDERED, {"dispute": "dispute-1"})

        return work

    def settle(change: Change) -> None:
        lift(change, "dispute-1")
        change.record(EntryType.DISPUTE_MEASURE_LIFTED, {"dispute": "dispute-1"})

    async def change(work: Callable[[Change], None]) -> None:
        await inside.built.control.change(owner("legal").actor, work)

    async with inside.asking() as client:
        await soon(client, 200, "northwind-base", **it)
        await change(bind(MeasureKind.UNION_OF_DENIES, "it", "retail"))
        disputed = await soon(client, 403, "northwind-base", **it)
        await change(settle)
        await soon(client, 200, "northwind-base", **it)
        await change(bind(MeasureKind.SUSPENDED))
        suspended = await soon(client, 403, "northwind-base", **it)
        adapter = await soon(client, 403, x_custody_class="internal")
        await change(settle)
        await soon(client, 200, "northwind-base", **it)
    error = disputed.json()["error"]
    assert (error["department"], error["rule"]) == ("retail", "custody.departments.retail.paused")
    assert error["owner_contact"] == "complaints@northwind.example"
    assert "denials_of_a_dispute_count" in error["also"][0]["rule"]
    record = inside.entries(disputed.headers["x-request-id"])[-1]
    assert facts(record, "resource")["disputed_by"] == ["it", "retail"]
    for answer in (suspended, adapter):
        assert answer.json()["error"]["rule"] == "custody.access.suspended_by_dispute"


@pytest.mark.parametrize("path", ["/chat/completions", "/models"])
async def test_no_call_goes_by_a_stale_registry(inside: InProcess, capture: Capture, path: str) -> None:
    """Where the registry was not looked at in time, calls are refused with 503, on record."""
    stale = LiveDirectory(inside.built.control, inside.built.settings.assets, SystemClock(), stale_after_s=5)
    async with inside.asking(directory=stale) as client:
        answer = await (ask(client) if path == "/chat/completions" else client.get(path))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "governance_unavailable")
    assert inside.entries(answer.headers["x-request-id"])[-1].record.type is EntryType.DENIED
    assert capture.prompts == []


async def test_a_list_of_models_says_by_which_revision(inside: InProcess, capture: Capture) -> None:
    """What is listed depends on grants, so its record names the registry's revision, as refusals do."""
    async with inside.asking() as client:
        listed = await client.get("/models")
        unknown = await ask(client, "no-such-model")
    for answer in (listed, unknown):
        record = inside.entries(answer.headers["x-request-id"])[-1].record
        assert record.detail["registry_revision"] == 1


@pytest.fixture
def served(capture: Capture, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway in a process of its own."""
    capture.script = replies.echo
    running = RunningGateway(tmp_path, capture.url, Shape(more=_KEEPING))
    yield running.await_ready()
    running.close()


def test_a_grant_from_another_process_counts(served: RunningGateway) -> None:
    """What somebody does to the same database in a process of their own, a running gateway goes by."""
    content = wire.body(ANNA.letter, model="support-tone")
    confidential = ["x-custody-class: confidential"]
    assert wire.post(served, content, headers=confidential).status == 403
    revision = anyio.run(_grant_from_outside, served.settings)
    wait_until(lambda: wire.post(served, content, headers=confidential).status == 200)
    answer = wire.post(served, content, headers=confidential)
    (intent, _) = served.entries(answer.request_id)
    assert facts(intent, "context")["registry_revision"] == revision


async def _grant_from_outside(path: Path) -> int:
    settings = load_settings(path)
    log = parts.verifiable_log(settings, StateFolder(settings.state_dir))
    control = parts.control(settings, log)
    try:
        performed = await Governance(control).perform(owner("product"), letters())
    finally:
        control.close()
        await log.aclose()
    return performed.revision
