"""How well engines find what people labelled; ``custody redact eval`` shows it."""

from redaction.evaluation.split import held_out

__all__ = ["held_out"]
