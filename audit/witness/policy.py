"""Who must have seen a log before it counts as witnessed."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from audit.cosignature import Witness
from audit.errors import LogUnusable


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness, and where it answers: the C2SP submission prefix."""

    url: str
    witness: Witness

    @property
    def name(self) -> str:
        """The name under which it cosigns."""
        return self.witness.name


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """The witnesses of a log, and how many of them must cosign a checkpoint.

    ``timeout_s`` is what one answer may take. An entry that is older than ``warn_after_s`` and under no
    checkpoint with a quorum is warned of; older than ``max_uncosigned_s``, unless that is 0, new intents are
    refused. Raises LogUnusable if it cannot be met, or if one machine could vote twice.
    """

    witnesses: tuple[WitnessAddress, ...]
    quorum: int
    timeout_s: float = 5
    warn_after_s: float = 60
    max_uncosigned_s: float = 0

    def __post_init__(self) -> None:
        if not 0 < self.quorum <= len(self.witnesses):
            raise LogUnusable(
                f"A quorum of {self.quorum} out of {len(self.witnesses)} witnesses cannot be met:"
                f" name more witnesses or ask for fewer."
            )
        # A cosignature does not say under which name its key signed it (C2SP tlog-cosignature).
        for what, values in (
            ("name", [each.name for each in self.witnesses]),
            ("key", [each.witness.public_key for each in self.witnesses]),
            ("URL", [each.url for each in self.witnesses]),
        ):
            if len(set(values)) < len(values):
                raise LogUnusable(
                    f"Two witnesses have the same {what}: each must be somebody else's machine."
                )
        for each in self.witnesses:
            _require_web(each)

    @property
    def keys(self) -> tuple[Witness, ...]:
        """The keys that cosignatures are checked with."""
        return tuple(each.witness for each in self.witnesses)


def _require_web(address: WitnessAddress) -> None:
    try:
        parts = urlsplit(address.url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise LogUnusable(f"The witness {address.name} has no http or https URL: {address.url}")
