"""Many words as one pattern."""

from collections.abc import Iterable

import regex


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, longest first, that shares their beginnings."""
    tree: dict[str, dict] = {}  # type: ignore[type-arg]  # a tree of letters, as deep as the longest word
    for word in words:
        branch = tree
        for char in word:
            branch = branch.setdefault(char, {})
        branch[""] = {}
    return _written(tree)


def _written(tree: dict[str, dict]) -> str:  # type: ignore[type-arg]  # as above
    ends = "" in tree
    branches = [regex.escape(char) + _written(below) for char, below in tree.items() if char]
    if not branches:
        return ""
    if len(branches) == 1 and not ends:
        return branches[0]
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}"
