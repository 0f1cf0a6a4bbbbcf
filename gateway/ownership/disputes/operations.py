"""Every operation on disputes and mandates that people can ask for as it is.

Exhibits and recommendations are not among them: ``Desk`` makes these, from the log and by the policy.
"""

from collections.abc import Mapping
from typing import ClassVar

from gateway.control.operations import Operation
from gateway.ownership.disputes import clerk, filing, mandates, panels, pleading
from gateway.ownership.disputes.states import State

OPERATIONS: tuple[type[Operation], ...] = (
    *filing.OPERATIONS,
    *clerk.OPERATIONS,
    *pleading.OPERATIONS,
    *panels.OPERATIONS,
    *mandates.OPERATIONS,
)


def operations(days: Mapping[str, int]) -> tuple[type[Operation], ...]:
    """The same, where what is opened from now on waits for so many days in each state (by its name)."""
    waits = {State(name): length for name, length in days.items()}

    class OpenDispute(filing.OpenDispute):
        __doc__ = filing.OpenDispute.__doc__
        days: ClassVar[Mapping[State, int]] = waits

    class OpenMandate(mandates.OpenMandate):
        __doc__ = mandates.OpenMandate.__doc__
        days: ClassVar[Mapping[State, int]] = waits

    timed: dict[type[Operation], type[Operation]] = {
        filing.OpenDispute: OpenDispute,
        mandates.OpenMandate: OpenMandate,
    }
    return tuple(timed.get(each, each) for each in OPERATIONS)
