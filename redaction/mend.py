import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def mend(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates made U+FFFD: it then has a UTF-8 form."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def splits_pair(text: str) -> bool:
    """Whether the text ends with the first half of a surrogate pair, whose other half may follow."""
    return text[-1:] >= "\ud800" and "\ud800" <= text[-1:] <= "\udbff"
