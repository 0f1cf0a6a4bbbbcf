"""The first three scenes of the story, told against a running gateway."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from audit.errors import AuditError
from audit.keys import read_verifier, verifier_path
from audit.query import Located, LogReader
from gateway.cli.client import Client, Reply, Unreachable
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.domain import JsonObject, Obligations, Operator
from gateway.parts import example_keys, principals, redactor
from gateway.places import log_place
from gateway.scanning import Scanner
from gateway.settings import Settings
from gateway.state import StateFolder

# An invented customer: a reserved domain, a number range kept for fiction, a published test card and IBAN.
_LETTER = (
    "Dear Northwind, my name is Anna Kowalska, 12 Baker Street, Leeds. My kettle arrived broken. Please "
    "refund card 4111 1111 1111 1111 or IBAN DE89 3704 0044 0532 0130 00, and write to "
    "anna.kowalska@example.com or "
    "call +44 20 7946 0018. Kind regards, Anna Kowalska"
)
_TASK = "Write one short sentence that thanks the customer by name for this letter:\n\n"
_PATIENCE = 30  # tenths of a second
_A_LOOK_S = 1  # by then every gateway goes by a change of rights
_LEAK = "Why does this not start? AWS_ACCESS_KEY_ID=AKIA{middle}EXAMPLE region=eu-west-1".format(
    middle="IOSFODNN7"
)


@dataclass(frozen=True, slots=True)
class _Stage:
    console: Console
    client: Client
    settings: Settings
    state: StateFolder
    keys: dict[str, tuple[str, str]]

    def key_of(self, department: str, role: str = "") -> str:
        """The example key of a department's first principal, or of the first one that has the role."""
        people = principals(self.settings, self.state)
        fitting = (
            key
            for name, (owner, key) in self.keys.items()
            if owner == department and (person := people.named(name)) and (not role or person.has(role))
        )
        found = next(fitting, None)
        if found is None:
            wanted = f"{department} with the role {role}" if role else department
            fail(f"the demo needs an example key of {wanted}; run the gateway with the embedded default")
        return found


def demo(
    config: ConfigOption = None,
    url: Annotated[str, typer.Option(help="Where the gateway listens; default: as the settings say.")] = "",
) -> None:
    """Tell the first three scenes of the story against the running gateway."""
    settings = configured(config)
    state = StateFolder(settings.state_dir)
    where = url or f"http://{settings.server.host}:{settings.server.port}"
    stage = _Stage(Console(), Client(where), settings, state, example_keys(settings, state))
    try:
        _ordinary_day(stage)
        _refusal_that_helps(stage)
        _leak_that_does_not_happen(stage)
    except Unreachable as error:
        fail(f"{error}\nStart the gateway first: make run")


def _ordinary_day(stage: _Stage) -> None:
    _title(stage, "1", "An ordinary day", "Retail sends a letter to the base model of the IT department.")
    body = _chat("northwind-base", _TASK + _LETTER)
    stage.console.print(Panel(_LETTER, title="what the caller wrote", border_style="cyan"))
    seen = asyncio.run(_as_redacted(stage, body))
    stage.console.print(Panel(Text(seen), title="what the model sees", border_style="yellow"))
    with stage.console.status("The model answers (a small one, on the processor) ..."):
        reply = stage.client.chat(stage.key_of("retail"), body)
    stage.console.print(Panel(Text(reply.text), title="what came back", border_style="green"))
    _show_records(stage, reply)


def _refusal_that_helps(stage: _Stage) -> None:
    _title(
        stage, "2", "A refusal that helps", "Retail asks for Product's support-tone with confidential data."
    )
    body = _chat("support-tone", _TASK + _LETTER)
    confidential = {"x-custody-class": "confidential"}
    reply = stage.client.chat(stage.key_of("retail"), body, confidential)
    _show_refusal(stage, reply)
    _show_records(stage, reply)
    grant = _granted_until_tomorrow(stage)
    with stage.console.status("The same call again ..."):
        time.sleep(_A_LOOK_S)
        reply = stage.client.chat(stage.key_of("retail"), body, confidential)
    stage.console.print(Panel(Text(reply.text), title="what came back", border_style="green"))
    _show_records(stage, reply)
    # So that the demo can be told again.
    ended = stage.client.post(f"/api/v1/grants/{grant}/revoke", stage.key_of("product", "owner"), {})
    if ended.error:
        fail(f"{grant} could not be taken back: {ended.error.get('message', ended.status)}")


def _granted_until_tomorrow(stage: _Stage) -> str:
    expires = datetime.now(UTC) + timedelta(days=1)
    asked: JsonObject = {
        "asset": "support-tone",
        "department": "retail",
        "class_ceiling": "confidential",
        "use_case": "complaint-triage",
        "expires": expires.isoformat(timespec="seconds"),
    }
    reply = stage.client.post("/api/v1/grants", stage.key_of("product", "owner"), asked)
    outcome = cast("dict[str, str]", reply.body.get("outcome", {}))
    if "grant" not in outcome:
        fail(f"Product's grant was refused: {reply.error.get('message', reply.status)}")
    said = f"retail may use support-tone for complaint-triage up to confidential, until {asked['expires']}"
    title = f"Product grants it: {outcome['grant']}"
    stage.console.print(Panel(Text(said), title=title, border_style="blue"))
    return outcome["grant"]


def _leak_that_does_not_happen(stage: _Stage) -> None:
    _title(stage, "3", "A leak that does not happen", "Somebody in Product pastes a cloud key.")
    stage.console.print(Panel(Text(_LEAK), title="what the caller wrote", border_style="cyan"))
    reply = stage.client.chat(stage.key_of("product"), _chat("support-tone", _LEAK))
    _show_refusal(stage, reply)
    _show_records(stage, reply)


async def _as_redacted(stage: _Stage, body: JsonObject) -> str:
    """The prompt as the gateway's own engine and key redact it; the record names the same engine digest."""
    scanner = Scanner(redactor(stage.settings, stage.state))
    scanned = await scanner.scan(body, "retail")
    redacted = scanner.redact(scanned, Obligations(prompt={"*": Operator.REPLACE}))
    messages = cast("list[dict[str, str]]", redacted.prompt.body["messages"])
    return messages[0]["content"].removeprefix(_TASK)


def _show_refusal(stage: _Stage, reply: Reply) -> None:
    table = Table(box=None, show_header=False)
    for name in ("message", "code", "rule", "owner_contact", "remedy", "request_id"):
        if value := reply.error.get(name):
            table.add_row(name, Text(str(value)))
    title = (
        f"refused with {reply.status}, before the model" if reply.error else "this should have been refused"
    )
    stage.console.print(Panel(table, title=title, border_style="red"))


def _show_records(stage: _Stage, reply: Reply) -> None:
    key_file = stage.state.path / stage.settings.audit.key_file
    try:
        with LogReader(log_place(stage.settings)) as reader:
            entries = list(reader.find(reply.request_id))
            stage.console.print(_records(entries))
            stage.console.print(_proof(reader, entries[-1], key_file), style="dim")
    except AuditError as error:
        fail(f"the log cannot be read: {error}")


def _records(entries: list[Located]) -> Table:
    table = Table(title="what is on record", title_justify="left", box=None)
    for column in ("entry", "type", "department", "asset", "verdict", "found"):
        table.add_column(column)
    for located in entries:
        record = located.entry.record
        verdict = record.decision.effect if record.decision else ""
        status = f" {record.result.status} {record.result.code}" if record.result else ""
        counts = record.redaction.counts if record.redaction else {}
        table.add_row(
            str(located.index),
            record.type.value,
            record.actor.department if record.actor else "",
            record.resource.id if record.resource else "",
            f"{verdict}{status}".strip(),
            ", ".join(f"{kind} {count}" for kind, count in counts.items()),
        )
    return table


def _proof(reader: LogReader, located: Located, key_file: Path) -> str:
    """A checked proof that the entry is under a signed checkpoint; the next one is at most a second away."""
    verifier = read_verifier(verifier_path(key_file))
    for _ in range(_PATIENCE):
        signed = reader.checkpoint(verifier)
        if signed is not None and located.index < signed[0].size:
            steps = reader.prove(located, signed[0])
            return (
                f"Proved: {len(steps)} hashes lead from entry {located.index} to the root of "
                f"{signed[0].size} entries that {signed[0].origin} signed."
            )
        time.sleep(0.1)
    return "Not under a signed checkpoint yet; `custody audit verify` will tell."


def _chat(model: str, text: str) -> JsonObject:
    return {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": 60,
        "temperature": 0,
    }


def _title(stage: _Stage, number: str, name: str, what: str) -> None:
    stage.console.rule(f"[bold]{number}. {name}")
    stage.console.print(what)
