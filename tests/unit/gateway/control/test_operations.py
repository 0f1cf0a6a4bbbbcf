from datetime import UTC, datetime
from typing import ClassVar

import pytest
from pydantic import AwareDatetime, Field, ValidationError

from gateway.control.changes import Change
from gateway.control.operations import Acting, Catalogue, Operation, Outcome
from gateway.domain import Subject
from gateway.errors import NotPermitted


class Lend(Operation):
    """Lends an asset to somebody.

    For a while.
    """

    kind: ClassVar[str] = "test.lend"
    asset: str = Field(description="Which asset.")
    to: str = Field("", description="To whom.")
    terms: frozenset[str] = Field(frozenset(), description="How.")
    since: AwareDatetime | None = Field(None, description="From when.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Does nothing."""
        return {}


LEAD = Acting("product-lead", Subject("sub_1", "person", "product", roles=("owner",)))


@pytest.mark.parametrize(("role", "department"), [("owner", ""), ("owner", "product")])
def test_a_role_counts_in_its_own_department(role: str, department: str) -> None:
    """A subject acts with a role that it has, for its own department."""
    LEAD.require(role, department)


@pytest.mark.parametrize(("role", "department"), [("auditor", ""), ("owner", "retail"), ("", "product")])
def test_a_role_counts_nowhere_else(role: str, department: str) -> None:
    """A role that one has not, or has elsewhere, opens nothing."""
    with pytest.raises(NotPermitted):
        LEAD.require(role, department)


def test_an_operation_takes_no_unknown_field_and_stays_as_it_is() -> None:
    """What is not a field is refused, and nobody changes an operation after it was checked."""
    with pytest.raises(ValidationError):
        Lend.model_validate_json('{"asset": "a", "more": 1}')
    with pytest.raises(ValidationError):
        Lend(asset="a").asset = "b"  # type: ignore[misc]  # that is the point


def test_an_operation_reads_back_from_its_text() -> None:
    """The catalogue reads what an operation wrote, and the digest says whether two are the same."""
    lend = Lend(asset="a", to="b")
    assert Catalogue([Lend]).read("test.lend", lend.as_json()) == lend
    assert lend.fingerprint() == Lend(to="b", asset="a").fingerprint() != Lend(asset="a").fingerprint()


def test_what_is_said_has_one_text() -> None:
    """A set has no order of its own, so its members are written in one; times are read back as they were."""
    lend = Lend(asset="a", terms=frozenset("qwertyuiop"), since=datetime(2027, 1, 1, tzinfo=UTC))
    assert '"terms":["e","i","o","p","q","r","t","u","w","y"]' in lend.as_json()
    assert Catalogue([Lend]).read("test.lend", lend.as_json()) == lend


def test_a_kind_stands_for_one_operation() -> None:
    """Two operations of one kind cannot be told apart, so there is no catalogue of them."""
    with pytest.raises(ValueError, match=r"test\.lend"):
        Catalogue([Lend, Lend])


def test_an_unknown_kind_is_not_read() -> None:
    """A kind that is no more is an error, not a guess."""
    with pytest.raises(LookupError):
        Catalogue([]).read("test.lend", "{}")


def test_an_operation_says_what_it_does_and_what_it_is_about() -> None:
    """Help is the docstring's first sentence; the asset is the field of that name."""
    assert (Lend.help_line(), Lend(asset="a").about) == ("Lends an asset to somebody.", "a")
