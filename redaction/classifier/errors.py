from redaction.errors import RedactionError


class ClassifierUnusable(RedactionError):
    """The classifier's files are missing or not those that were published; nothing starts without them.

    The message names the file and says how to mend it.
    """
