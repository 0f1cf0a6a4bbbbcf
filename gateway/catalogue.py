"""Every operation that there is; a part of governance adds its own here."""

from collections.abc import Sequence

from gateway.control.operations import Catalogue, Operation
from gateway.ownership.disputes import operations as disputes
from gateway.ownership.operations import asserting, delegating, granting, registering, transferring
from gateway.ownership.operations.break_glass import break_glass
from gateway.pdp.lifecycle import operations as policies
from gateway.settings import Settings


def catalogue(settings: Settings) -> Catalogue:
    """The operations of this gateway."""
    parts: Sequence[Sequence[type[Operation]]] = (
        registering.OPERATIONS,
        asserting.OPERATIONS,
        granting.OPERATIONS,
        delegating.OPERATIONS,
        transferring.OPERATIONS,
        disputes.operations(settings.disputes.days),
        policies.OPERATIONS,
        (break_glass(settings.break_glass),),
    )
    return Catalogue(operation for part in parts for operation in part)
