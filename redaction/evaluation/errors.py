"""What can go wrong when quality is measured.

EvaluationError
├── DataInvalid        a labelled file cannot be read; the message names file and line, never the text
├── LabelUnknown       a file has labels that no table maps to a group
└── PeerMissing        an engine to compare with is not installed; the message says how to get it
"""


class EvaluationError(Exception):
    """Quality cannot be measured; the message says what to mend."""


class DataInvalid(EvaluationError):
    """A line of a labelled file is not a row."""


class LabelUnknown(EvaluationError):
    """Labels stand in a file that no table maps to a group."""


class PeerMissing(EvaluationError):
    """The library of an engine to compare with is not installed."""
