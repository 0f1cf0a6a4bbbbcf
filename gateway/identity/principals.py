from collections.abc import Iterable

from gateway.control.operations import Acting
from gateway.identity.api_keys import PrincipalOptions


class Principals:
    """The people and services that the settings name, by name and by the opaque id that stands for them."""

    def __init__(self, principals: Iterable[PrincipalOptions], pepper: bytes) -> None:
        everybody = [Acting(each.id, each.subject(pepper)) for each in principals]
        self._named = {each.principal: each for each in everybody}
        self._subjects = {each.subject.id: each for each in everybody}

    def named(self, principal: str) -> Acting | None:
        """Whoever has this name in the settings."""
        return self._named.get(principal)

    def find(self, subject: str) -> Acting | None:
        """Whoever has this opaque subject id."""
        return self._subjects.get(subject)

    def names(self) -> list[str]:
        """Every name, in the order of the settings."""
        return list(self._named)

    def departments(self) -> frozenset[str]:
        """Where they belong."""
        return frozenset(each.subject.department for each in self._named.values())
