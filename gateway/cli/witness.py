"""Run a witness: a department's own machine that sees to it that a log only grows."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvicorn

from audit.cosignature import Witness
from audit.errors import AuditError
from audit.keys import read_verifier
from audit.note import Verifier, parse_verifier
from audit.witness.folder import WitnessHome, init_witness, open_witness
from audit.witness.ledger import Refusal, Watched
from audit.witness.service import witness_app
from gateway.cli.audit_options import Json

app = typer.Typer(no_args_is_help=True, help="Run a witness on a department's own machine.")

Folder = Annotated[Path, typer.Option("--folder", help="Where the witness keeps its key and its ledger.")]

_FOLDER = Path("witness")


@app.command()
def init(
    name: Annotated[str, typer.Option("--name", help="Its name, like legal.example/witness; never changes.")],
    folder: Folder = _FOLDER,
) -> None:
    """Make the witness's key and ledger, and show its verifier key."""
    with _reported():
        home = init_witness(folder, name)
        home.ledger.close()
        typer.echo(str(home.signer.witness))


@app.command()
def key(folder: Folder = _FOLDER) -> None:
    """Show the verifier key, which goes into the settings of each log that is to be witnessed."""
    with _opened(folder) as home:
        typer.echo(str(home.signer.witness))


@app.command("add-log")
def add_log(
    log: Annotated[str, typer.Argument(metavar="KEY|FILE", help="The log's verifier key (its audit.pub).")],
    folder: Folder = _FOLDER,
) -> None:
    """Watch a log from now on, also while the witness serves."""
    with _opened(folder) as home:
        verifier: Verifier = read_verifier(Path(log)) if Path(log).is_file() else parse_verifier(log)
        added = home.ledger.add_log(verifier)
        typer.echo(f"{'Watching' if added else 'Already watching'} {verifier.name}.")


@app.command()
def serve(
    folder: Folder = _FOLDER,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 7380,
) -> None:
    """Cosign the checkpoints of the logs that are watched, as long as they only grow."""
    with _opened(folder) as home:
        # The server raises the signal that ended it once more; that must not look like a crash.
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda _number, _frame: None)
        _Server(home, host, port).run()


@app.command()
def status(folder: Folder = _FOLDER, as_json: Json = False) -> None:
    """Show how far each log was seen, and every checkpoint that did not fit."""
    with _opened(folder) as home:
        logs, refusals = home.ledger.logs(), home.ledger.refusals()
        show = _status_json if as_json else _status_text
        typer.echo(show(home.signer.witness, logs, refusals))


class _Server(uvicorn.Server):
    """A server that says where it listens."""

    def __init__(self, home: WitnessHome, host: str, port: int) -> None:
        # Signed both ways: what TLS adds is for the proxy in front.
        super().__init__(
            uvicorn.Config(
                witness_app(home.judge()),
                host=host,
                port=port,
                access_log=False,
                log_level="warning",
                server_header=False,
            )
        )
        self._home = home

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Binds, and tells."""
        await super().startup(sockets=sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            count = len(self._home.ledger.logs())
            name = self._home.signer.witness.name
            typer.echo(f"Witness {name} on http://{host}:{port}, watching {count} log(s).")


def _status_text(witness: Witness, logs: list[Watched], refusals: list[Refusal]) -> str:
    lines = [f"witness  {witness}"]
    lines += [f"log      {each.origin}  {_seen(each)}" for each in logs] or [
        "log      none: `add-log` adds one"
    ]
    for each in refusals:
        times = f"{each.times} times, last {_time(each.last_s)}" if each.times > 1 else "once"
        lines.append(
            f"REFUSED  {_time(each.first_s)}  {each.origin} signed {each.size} entries,"
            f" {each.known} were seen: {each.what} ({times})"
        )
    return "\n".join(lines)


def _status_json(witness: Witness, logs: list[Watched], refusals: list[Refusal]) -> str:
    return orjson.dumps(
        {
            "witness": str(witness),
            "logs": [
                {
                    "origin": each.origin,
                    "size": each.size,
                    "root": each.root.hex(),
                    "seen": _time(each.seen_s) if each.seen_s else None,
                    "checkpoint": each.note,
                }
                for each in logs
            ],
            "refusals": [
                {
                    "origin": each.origin,
                    "what": each.what,
                    "size": each.size,
                    "known": each.known,
                    "first": _time(each.first_s),
                    "last": _time(each.last_s),
                    "times": each.times,
                    "checkpoint": each.note,
                }
                for each in refusals
            ],
        }
    ).decode()


def _seen(log: Watched) -> str:
    if not log.seen_s:
        return "nothing seen yet"
    return f"{log.size} entries at {_time(log.seen_s)}, root {log.root.hex()}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@contextmanager
def _opened(folder: Path) -> Iterator[WitnessHome]:
    with _reported():
        home = open_witness(folder)
        try:
            yield home
        finally:
            home.ledger.close()


@contextmanager
def _reported() -> Iterator[None]:
    """Tell what is wrong in a sentence, with exit code 1."""
    try:
        yield
    except AuditError as error:
        typer.secho(f"custody witness: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
