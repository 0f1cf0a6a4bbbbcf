"""The API's description over every operation that there is."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Annotated, Any

import orjson
import pytest
from pydantic import TypeAdapter

from gateway.bundled import example_settings
from gateway.catalogue import catalogue
from gateway.control.operations import Catalogue, Operation
from gateway.ids import Uuid7
from gateway.routes.api import application
from gateway.routes.api.naming import Address
from gateway.settings import ServerSettings, load_settings
from gateway.views.shelves import SHELVES


@pytest.fixture(scope="module")
def operations() -> Catalogue:
    """All of them."""
    return catalogue(load_settings(example_settings()))


@pytest.fixture(scope="module")
def described(operations: Catalogue) -> dict[str, Any]:
    """The OpenAPI document."""
    office: Any = SimpleNamespace(catalogue=operations)
    (mount,) = application.routes(office, ServerSettings(), Uuid7(), b"", application.Stock(SHELVES))
    document: dict[str, Any] = mount.app._api.openapi()  # type: ignore[attr-defined]  # a Mount of an ApiDoor
    return document


def test_each_operation_has_a_route_of_its_own(operations: Catalogue, described: dict[str, Any]) -> None:
    """No two operations share a path, and none lacks one."""
    posts = [path for path, methods in described["paths"].items() if "post" in methods]
    named = {methods["post"]["operationId"] for methods in described["paths"].values() if "post" in methods}
    assert {each.kind for each in operations} <= named
    assert len(posts) == len(list(operations)) + 2  # and the two answers to a proposal


def test_whatever_the_description_refers_to_is_there(described: dict[str, Any]) -> None:
    """Every reference leads to a component."""
    components = described["components"]["schemas"]
    references = {value for name, value in _members(described) if name == "$ref"}
    assert references
    assert {each.removeprefix("#/components/schemas/") for each in references} <= set(components)


def test_every_parameter_and_field_is_explained(operations: Catalogue) -> None:
    """An operation says what it does, and of each field what it is for."""
    for operation in operations:
        assert operation.help_line().endswith((".", ";")), operation.kind
        for name, field in operation.model_fields.items():
            assert field.description, f"{operation.kind}: {name}"


def test_examples_are_good(operations: Catalogue) -> None:
    """What the description and `--help` give as an example is accepted; structured fields have one."""
    for operation in operations:
        for name, field in operation.model_fields.items():
            adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, field])
            for example in field.examples or ():
                adapter.validate_json(orjson.dumps(example), strict=True)
            if "Asked" in str(field.annotation):
                assert field.examples, f"{operation.kind}: {name}"


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.noun)
def test_things_can_be_listed_and_shown(described: dict[str, Any], shelf: Any) -> None:
    """Each kind of thing has its two routes, with typed answers and failures."""
    for path in (f"/{shelf.plural}", f"/{shelf.plural}/{{{shelf.noun}}}"):
        answers = described["paths"][path]["get"]["responses"]
        assert "schema" in answers["200"]["content"]["application/json"]
        assert {"400", "401", "404", "503"} <= set(answers)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("grant.give", "/grants"),
        ("grant.revoke", "/grants/{grant}/revoke"),
        ("party.register", "/parties"),
        ("owner.correct", "/owners/correct"),
        ("dispute.open_evidence", "/disputes/{dispute}/open-evidence"),
        ("mandate.apply", "/mandates/{dispute}/apply"),
    ],
)
def test_a_path_follows_from_the_kind(operations: Catalogue, kind: str, path: str) -> None:
    """Where an operation stands can be told without looking it up."""
    operation = operations.find(kind)
    assert operation is not None
    assert issubclass(operation, Operation)
    assert Address.of(operation).path == path


def _members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            yield from _members(each)
    elif isinstance(value, list):
        for each in value:
            yield from _members(each)
