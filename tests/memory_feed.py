"""A feed of policies in memory, which a test may change, break and ask what it was told."""

from dataclasses import dataclass, field, replace

from audit.entry import Facts
from gateway.domain import JsonObject
from gateway.errors import GovernanceUnavailable
from gateway.pdp.lifecycle.bundle import Trust, build_bundle
from gateway.pdp.lifecycle.canary import Counts
from gateway.pdp.lifecycle.signing import SigningKey
from gateway.pdp.lifecycle.store import (
    Activation,
    Canary,
    CanaryTerms,
    PolicyState,
    Shadow,
    ShadowTerms,
)
from gateway.pdp.source import PolicySource


@dataclass
class MemoryFeed:
    """What a replica follows; ``fails`` makes every question fail as a lost database does."""

    key: SigningKey
    now: PolicyState = field(default=PolicyState(0, None, None, None))
    bundles: dict[str, bytes] = field(default_factory=dict)
    fails: bool = False
    behind_s: float = 0.0
    ended: list[tuple[Canary, dict[str, Facts]]] = field(default_factory=list)
    reports: list[dict[str, Facts]] = field(default_factory=list)
    beats: list[JsonObject | None] = field(default_factory=list)
    latest: dict[str, JsonObject] = field(default_factory=dict)

    @property
    def trust(self) -> Trust:
        """Our own bundles of production."""
        return Trust("production", "custody", {self.key.id: self.key.public})

    def store(self, source: PolicySource) -> str:
        """Stores a policy; its revision."""
        self.bundles[source.revision] = build_bundle(source, "production", "custody", self.key)
        return source.revision

    def activate(self, revision: str) -> None:
        """Puts a stored policy into force."""
        number = self.now.control_revision + 1
        active = Activation(number, revision, "activate", None, "s", "", number)
        self.now = replace(self.now, control_revision=number, active=active)

    def canary(self, revision: str, terms: CanaryTerms) -> None:
        """Starts a canary."""
        number = self.now.control_revision + 1
        self.now = replace(
            self.now, control_revision=number, canary=Canary(number, revision, "s", number, terms)
        )

    def shadow(self, revision: str, terms: ShadowTerms) -> None:
        """Starts a shadow."""
        number = self.now.control_revision + 1
        self.now = replace(
            self.now, control_revision=number, shadow=Shadow(number, revision, "s", number, terms)
        )

    def other_change(self) -> None:
        """A change of governance that is not about policies."""
        self.now = replace(self.now, control_revision=self.now.control_revision + 1)

    async def state(self, known: PolicyState | None) -> PolicyState:
        """What is in force now."""
        self._require()
        return known if known is not None and known == self.now else self.now

    async def bundle(self, revision: str) -> bytes:
        """The stored bundle."""
        self._require()
        return self.bundles[revision]

    async def end_canary(self, canary: Canary, facts: dict[str, Facts]) -> None:
        """Ends the canary."""
        self._require()
        self.ended.append((canary, facts))
        number = self.now.control_revision + 1
        self.now = replace(self.now, control_revision=number, canary=None)

    async def canary_elsewhere(self, replica: str, canary: Canary) -> Counts:
        """What the latest word of every other replica says."""
        self._require()
        told = [said.get("canary") for name, said in self.latest.items() if name != replica]
        same = [each for each in told if isinstance(each, dict) and each["trial"] == canary.number]
        return sum((Counts(int(str(each["decided"])), int(str(each["failed"]))) for each in same), Counts())

    async def report(self, detail: dict[str, Facts]) -> None:
        """Keeps what a shadow saw."""
        self._require()
        self.reports.append(detail)

    async def beat(self, replica: str, state: JsonObject | None) -> None:
        """Keeps what a replica says."""
        self._require()
        self.beats.append(state)
        self.latest.pop(replica, None)
        if state is not None:
            self.latest[replica] = state

    def _require(self) -> None:
        if self.fails:
            raise GovernanceUnavailable("The registry cannot be reached.", reason_admin="told to fail")
