"""The page that lists every command: ``python -m gateway.cli.reference > gateway/cli/COMMANDS.md``."""

from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperGroup

from gateway.cli.deferred import Deferred
from gateway.cli.main import app

_HEAD = """\
# Commands
Made by `python -m gateway.cli.reference`; a test fails where it says less than there is. `--help` says more.

"""


def page() -> str:
    """Every command with its arguments and options, in Markdown."""
    root = typer.main.get_command(app)
    return f"{_HEAD}\n{''.join(_told(root, 'custody'))}"


def _told(command: object, name: str) -> Iterator[str]:
    if isinstance(command, Deferred):
        command = command.actual()
    if isinstance(command, TyperGroup):
        for each in command.commands:
            yield from _told(command.commands[each], f"{name} {each}")
        return
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]  # type: ignore[attr-defined]
    title = " ".join([name, *(each.metavar or (each.name or "").upper() for each in arguments)])
    yield f"## `{title}`\n{_flat(command.help)}\n\n"  # type: ignore[attr-defined]
    for each in command.params:  # type: ignore[attr-defined]
        names = each.metavar or each.name.upper() if each in arguments else ", ".join(each.opts)
        if "--help" not in each.opts:
            yield f"- `{names}`{' (required)' if each.required else ''}: {_flat(each.help)}\n"
    yield "\n"


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())


if __name__ == "__main__":
    typer.echo(page(), nl=False)
