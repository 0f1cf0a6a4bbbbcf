"""Commands that are imported when they are called: ``custody --help`` loads no model and no database.

As in Click's manual under "Lazily loading subcommands", but a list of commands needs no import either: what
stands in it knows its name and its line of help, and makes way for the real command when that is named.
"""

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup


class Deferred(TyperCommand):
    """Stands in a list of commands for one whose file is not imported yet."""

    place: ClassVar[str]

    def actual(self) -> TyperCommand | TyperGroup:
        """The command or group itself; imports its file."""
        module, _, name = self.place.partition(":")
        found = getattr(import_module(module), name)
        holder = typer.Typer(add_completion=False)
        holder.callback()(_group)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=self.name, help=self.help)
        else:
            holder.command(self.name)(found)
        whole = typer.main.get_command(holder)
        command = whole.commands[self.name or ""]  # type: ignore[attr-defined]  # a group, for it has a callback
        if not isinstance(command, TyperCommand | TyperGroup):
            raise TypeError(f"{self.place} is no command")
        return command

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the real one is asked
        """Lets the real command read its arguments; running it and completing it then are that one's too."""
        return self.actual().make_context(*arguments, **options)


def defer(app: typer.Typer, name: str, place: str, text: str) -> None:
    """Lists what is at ``module:attribute``, a function or a group, without importing it.

    ``text`` is its line in the list; a test holds it against the command's own docstring.
    """

    class Here(Deferred):
        """The one at this place."""

    Here.place = place
    app.command(name, cls=Here, help=text)(_group)


def _group() -> None:
    """Nothing of its own."""
