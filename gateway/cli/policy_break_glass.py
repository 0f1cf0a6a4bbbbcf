"""Emergency access at the command line."""

from typing import Annotated

import typer
from pydantic import ValidationError

from gateway.cli.acting import As
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.policy_office import Json, perform
from gateway.domain import DataClass
from gateway.ownership.operations.break_glass import break_glass


def take(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    asset: Annotated[str, typer.Argument(help="Id of the asset.")],
    who: As,
    reason: Annotated[str, typer.Option("--reason", help="Why; the owner reads it.")],
    minutes: Annotated[int, typer.Option("--minutes", min=1, help="How long it lasts.")] = 15,
    class_ceiling: Annotated[
        DataClass, typer.Option("--class", help="Highest class of data that it covers.")
    ] = DataClass.INTERNAL,
    action: Annotated[
        str, typer.Option("--action", help="What it lets them do: chat, complete, embed.")
    ] = "chat",
    use_case: Annotated[
        str, typer.Option("--use-case", help="The one use case that it covers; empty: any.")
    ] = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Take a right on an asset for one's own department, for minutes; the owner is told."""
    settings = configured(config)
    try:
        operation = break_glass(settings.break_glass).model_validate(
            {
                "asset": asset,
                "action": action,
                "class_ceiling": class_ceiling,
                "minutes": minutes,
                "use_case": use_case,
                "reason": reason,
            }
        )
    except ValidationError as error:
        fail("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()))
    perform(settings, who, operation, as_json=as_json)
