"""What the registry refuses, and why; nothing is changed by what raises one of these.

NotFound    404  UnknownParty, UnknownAsset
Conflict    409  AlreadyRegistered, PartyEnded, StillHolds, StillNeeded, AnotherHolder
Impossible  422  CyclicLink, BadInterval, UnfitHolder, UnfitAsset
"""

from gateway.errors import Conflict, Impossible, NotFound


class UnknownParty(NotFound):
    """No party of this name is registered."""


class UnknownAsset(NotFound):
    """No asset of this id is registered."""


class AlreadyRegistered(Conflict):
    """The name is taken, and names are never given twice."""


class PartyEnded(Conflict):
    """The party does not exist for all of the time in question; the message names who stands in its place."""


class StillHolds(Conflict):
    """The party holds something that nobody would hold after it."""


class StillNeeded(Conflict):
    """Other assets stand on the asset."""


class AnotherHolder(Conflict):
    """Somebody else holds the facet than the operation took for granted; look again."""


class CyclicLink(Impossible):
    """The asset would stand on itself."""


class BadInterval(Impossible):
    """A time that cannot be meant, an interval that ends before it begins, or one before the asset's own."""


class UnfitHolder(Impossible):
    """A party of this kind cannot hold the facet."""


class UnfitAsset(Impossible):
    """What was said of the asset contradicts its type or the settings."""
