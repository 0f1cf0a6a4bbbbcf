"""Who acts at the command line."""

from typing import Annotated

import typer

from audit.entry import Actor
from gateway.cli.configuration import fail
from gateway.control.operations import Acting
from gateway.parts import principals
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder

As = Annotated[
    str,
    typer.Option(
        "--as", metavar="PRINCIPAL", help="Who does this: a principal of the settings. It goes on record."
    ),
]


def acting(settings: Settings, principal: str) -> Actor:
    """The principal as the log knows it; prints who there is and exits with 2 for one that is not.

    Nothing proves it: who can run this command can read the secrets that would.
    """
    return person(settings, principal).actor


def person(settings: Settings, principal: str) -> Acting:
    """The same with department and roles."""
    try:
        there = principals(settings, StateFolder(settings.state_dir))
    except SettingsInvalid as error:
        fail(str(error))
    found = there.named(principal)
    if found is None:
        fail(
            f"The settings name no principal {principal!r}; add it under [[identity.principals]], or take one"
            f" of {', '.join(there.names()) or 'none'}."
        )
    return found
