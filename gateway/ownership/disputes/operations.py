"""Every operation on disputes and mandates that people can ask for as it is.

Exhibits and recommendations are not among them: ``Desk`` makes these, from the log and by the policy.
"""

from gateway.control.operations import Operation
from gateway.ownership.disputes import clerk, filing, mandates, panels, pleading

OPERATIONS: tuple[type[Operation], ...] = (
    *filing.OPERATIONS,
    *clerk.OPERATIONS,
    *pleading.OPERATIONS,
    *panels.OPERATIONS,
    *mandates.OPERATIONS,
)
