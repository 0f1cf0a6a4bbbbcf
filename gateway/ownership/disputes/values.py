"""What a dispute consists of; texts stand here as digests, and lie in the control database."""

from dataclasses import dataclass
from enum import StrEnum

PANEL = 3
"""Seats of a panel: odd, so that a full one always has a majority."""


class Kind(StrEnum):
    """A dispute, or its peaceful twin: applications for what nobody holds."""

    DISPUTE = "dispute"
    MANDATE = "mandate"


class Side(StrEnum):
    """What a party is in a dispute."""

    CLAIMANT = "claimant"
    RESPONDENT = "respondent"
    INTERVENER = "intervener"
    APPLICANT = "applicant"


class MeasureKind(StrEnum):
    """How an interim measure binds the asset."""

    STATUS_QUO = "status_quo"  # the disputed facets stay where they are
    UNION_OF_DENIES = "union_of_denies"  # what either party's policy denies is denied
    SUSPENDED = "suspended"  # nobody uses the asset


class Result(StrEnum):
    """How a ruling came out for whoever opened the dispute."""

    UPHELD = "upheld"
    SPLIT = "split"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Party:
    """A party as it was named; whoever has taken its place since acts for it."""

    id: str
    side: Side


@dataclass(frozen=True, slots=True)
class Claim:
    """That ``party`` is to hold a facet from a time on, and why.

    Times are microseconds, half-open; no end is None. ``arose_us`` is when a new ground arose, where the
    matter was decided before. ``plan`` and ``cost`` (a year's, in the currency's smallest unit) are an
    applicant's; so are ``conditions``, digests of what it offers or asks.
    """

    number: int
    party: str
    facet: str
    basis: str
    valid_from_us: int
    valid_to_us: int | None
    statement: str
    arose_us: int | None = None
    plan: str = ""
    cost: int = 0
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a party said for itself."""

    party: str
    step: str
    digest: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Disposition:
    """Who is to hold a facet, from when (None: from execution); an empty holder leaves it as it is."""

    facet: str
    holder: str
    valid_from_us: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What a party must do, by when."""

    party: str
    text: str
    due_us: int | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A draft of a ruling, or the ruling itself.

    ``term_us`` is when what it gives ends again, ``review_us`` when it must be looked at again.
    """

    number: int
    instance: int
    author: str
    dispositions: tuple[Disposition, ...]
    reasons: str
    conditions: tuple[Condition, ...] = ()
    term_us: int | None = None
    review_us: int | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """One panel member's vote on a draft; ``opinion`` is the digest of a dissent or a separate opinion."""

    instance: int
    ruling: int
    adjudicator: str
    in_favour: bool
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """An adjudicator who offered to sit in an instance, and how far that came."""

    adjudicator: str
    department: str
    instance: int
    appointed: bool = False
    left: bool = False

    @property
    def sits(self) -> bool:
        """Whether the adjudicator sits on the panel now."""
        return self.appointed and not self.left


@dataclass(frozen=True, slots=True)
class Challenge:
    """A party's objection to an adjudicator; ``upheld`` is None until it is decided."""

    number: int
    party: str
    adjudicator: str
    instance: int
    reason: str
    upheld: bool | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What parties agree on; it binds once every party has accepted."""

    number: int
    party: str
    dispositions: tuple[Disposition, ...]
    terms: str
    accepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What ``governance.adjudication`` recommends; the digests name its input and the policy that it ran."""

    number: int
    input_sha256: str
    policy_revision: str
    answer_sha256: str
    facets: dict[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """A step that was taken; ``party`` is whom the actor acted for, no ``actor`` means that silence acted."""

    seq: int
    step: str
    state: str
    at_us: int
    revision: int
    actor: str
    department: str
    party: str
    detail: dict[str, object]
