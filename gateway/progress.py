from typing import Protocol


class Progress(Protocol):
    """Told how far long work has come; the command line shows it as a bar."""

    def __call__(self, step: str, done: float | None = None) -> None:
        """``step`` has reached the share ``done`` (0..1), or has just begun when ``done`` is None."""


def silent(step: str, done: float | None = None) -> None:
    """Shows nothing."""
