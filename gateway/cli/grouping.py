"""Commands made of operations and of shelves; each group of ``custody`` is a few lines over this."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any

import typer

from gateway.cli.acting import As
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.fields import document, parameters
from gateway.cli.governing import Json, done, looked_up, tell
from gateway.cli.showing import print_rows, print_thing
from gateway.control.operations import Operation
from gateway.errors import InvalidBody
from gateway.routes.api.bodies import validated
from gateway.routes.api.naming import thing_of
from gateway.views.base import AnyShelf, Told

_WHO = inspect.Parameter("who", inspect.Parameter.KEYWORD_ONLY, annotation=As)
_CONFIG = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption)
_JSON = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
_ASSET = "asset"


def add_operations(app: typer.Typer, operations: Iterable[type[Operation]], noun: str) -> None:
    """A command for each operation of a noun: ``grant.give`` is ``custody grant give``."""
    for operation in operations:
        if operation.kind.startswith(f"{noun}."):
            _add_operation(app, operation)


def add_shelf(app: typer.Typer, shelf: AnyShelf, columns: Mapping[str, str]) -> None:
    """The commands ``list`` and ``show`` of a kind of thing; ``columns`` are those of the table."""
    add_list(app, shelf, columns)

    def show(
        key: Annotated[str, typer.Argument(metavar=shelf.noun.upper(), help=f"Id of the {shelf.noun}.")],
        config: ConfigOption = None,
        as_json: Json = False,
    ) -> None:
        view = looked_up(configured(config), lambda connection, now_us: shelf.find(connection, key, now_us))
        print_told(view, as_json=as_json)

    app.command("show", help=f"Show one {shelf.noun}.")(show)


def print_told(told: Told, *, as_json: bool) -> None:
    """A view, as JSON or for people."""
    if as_json:
        typer.echo(told.model_dump_json())
    else:
        print_thing(told.model_dump(mode="json"))


def _add_operation(app: typer.Typer, operation: type[Operation]) -> None:
    noun, _, verb = operation.kind.partition(".")
    names = (thing_of(noun, operation), _ASSET)
    arguments = [each for each in names if each and each in operation.model_fields]

    def command(*, who: str, config: Any, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - by name
        settings = configured(config)
        try:
            asked = validated(operation, document(operation, given))
        except InvalidBody as unfit:
            fail(unfit.reason_user)
        performed = done(settings, who, lambda office, acting: office.governance.perform(acting, asked))
        tell(performed, as_json=as_json)

    required = [each for each in arguments if operation.model_fields[each].is_required()]
    own = parameters(operation, required)
    app.command(verb.replace("_", "-"), help=inspect.getdoc(operation))(
        _with(command, [*own, _WHO, _CONFIG, _JSON])
    )


def add_list(app: typer.Typer, shelf: AnyShelf, columns: Mapping[str, str], name: str = "list") -> None:
    """The command that lists things of a kind."""

    def command(*, after: str, config: Any, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - by name
        try:
            query = validated(shelf.query, document(shelf.query, given))
        except InvalidBody as unfit:
            fail(unfit.reason_user)
        views = looked_up(
            configured(config),
            lambda connection, now_us: shelf.some(connection, query, after, query.limit, now_us),
        )
        if as_json:
            for view in views:
                typer.echo(view.model_dump_json())
            return
        print_rows([view.model_dump(mode="json") for view in views], columns)
        if len(views) == query.limit:
            typer.echo(f"For more: --after {views[-1].key}")
        elif not views:
            typer.echo(f"There are no {shelf.plural} here.")

    after = inspect.Parameter(
        "after",
        inspect.Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[str, typer.Option("--after", help="Go on behind this one.")],
    )
    own = [each for each in parameters(shelf.query) if each.name != "cursor"]
    app.command(name, help=f"List {shelf.plural}.")(_with(command, [*own, after, _CONFIG, _JSON]))


def _with(command: Callable[..., None], own: Collection[inspect.Parameter]) -> Callable[..., None]:
    """The command as typer is to see it."""
    command.__signature__ = inspect.Signature(list(own))  # type: ignore[attr-defined]  # typer reads it
    command.__annotations__ = {each.name: each.annotation for each in own}
    return command
