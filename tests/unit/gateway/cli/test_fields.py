"""Options that are made of a model's fields."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, Field
from typer.testing import CliRunner

from gateway.cli.fields import document, parameters
from gateway.cli.grouping import _with
from gateway.routes.api.bodies import validated


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    """Something nested."""

    size: int


class Order(BaseModel):
    """One field of each shape."""

    thing: str = Field(description="Which.")
    colour: Colour = Field(Colour.RED, description="Its colour.")
    way: Literal["up", "down"] | None = Field(None, description="Where to.")
    when: AwareDatetime | None = Field(None, description="When.")
    due: Annotated[AwareDatetime, Field(description="Due.")] = datetime(2030, 1, 1, tzinfo=UTC)
    names: tuple[Annotated[str, Field(max_length=9)], ...] = Field((), description="Names.")
    colours: frozenset[Colour] = Field(frozenset(), description="Colours.")
    owners: dict[Colour, str] = Field({}, description="By colour.")
    parts: tuple[Part, ...] = Field((), description="Parts.")
    count: int = Field(1, description="How many.")
    loud: bool = Field(default=False, description="Whether it is.")


def _asked(*arguments: str) -> Order:
    """What a command made of the model was asked."""
    got: list[Order] = []

    def command(**given: object) -> None:
        got.append(validated(Order, document(Order, given)))

    app = typer.Typer()
    app.command()(_with(command, parameters(Order, ["thing"])))
    result = CliRunner().invoke(app, list(arguments), standalone_mode=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return got[0]


def test_what_is_left_out_is_the_models_own_default() -> None:
    """Only what was given is said, so that defaults stand in one place."""
    assert _asked("lamp") == Order(thing="lamp")


def test_each_shape_is_read() -> None:
    """Choices, times, lists, pairs, JSON, numbers and switches arrive as the model has them."""
    order = _asked(
        "lamp", "--colour", "blue", "--way", "up",
        "--when", "2027-01-01", "--due", "2027-01-01T01:00:00+01:00",
        "--names", "a", "--names", "b", "--colours", "red", "--owners", "red=it", "--owners", "blue=retail",
        "--parts", '[{"size": 3}]', "--count", "7", "--loud",
    )  # fmt: skip
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert order == Order(
        thing="lamp",
        colour=Colour.BLUE,
        way="up",
        when=new_year,
        due=new_year,
        names=("a", "b"),
        colours=frozenset({Colour.RED}),
        owners={Colour.RED: "it", Colour.BLUE: "retail"},
        parts=(Part(size=3),),
        count=7,
        loud=True,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("lamp", "--colour", "green"),
        ("lamp", "--way", "left"),
        ("lamp", "--when", "tomorrow"),
        ("lamp", "--owners", "red"),
        ("lamp", "--parts", "[{]"),
        ("lamp", "--parts", "@/nowhere"),
        ("lamp", "--count", "many"),
    ],
)
def test_what_does_not_fit_is_told(arguments: tuple[str, ...]) -> None:
    """A value that its option cannot have is a mistake of usage."""
    with pytest.raises(AssertionError, match=r"Invalid value|Missing argument"):
        _asked(*arguments)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - without an offset on purpose
def test_a_time_without_an_offset_is_utc(moment: datetime) -> None:
    """A bare time is taken as UTC, to the microsecond."""
    said = document(Order, {"thing": "lamp", "when": moment.isoformat()})
    assert validated(Order, said).when == moment.replace(tzinfo=UTC)
