from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: ``seconds`` of load in each of ``rounds``; the counts bound the rest."""

    rounds: int
    seconds: float
    conversations: int
    calls: int


FULL = Effort(rounds=5, seconds=3.0, conversations=160, calls=20_000)
QUICK = Effort(rounds=2, seconds=0.8, conversations=16, calls=2_000)
