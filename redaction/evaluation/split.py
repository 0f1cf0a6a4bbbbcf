from hashlib import sha256

_ONE_IN = 5


def held_out(text: str) -> bool:
    """Whether a labelled row is kept for measuring alone; about one in five is, and training skips it.

    It depends on nothing but the words, so it holds in every file, and copies that differ only in case and
    spacing fall on the same side.
    """
    return int.from_bytes(text_digest(text)[:4]) % _ONE_IN == 0


def text_digest(text: str) -> bytes:
    """SHA-256 of the words of a text: a fixed order in which a sample of rows is the same in every run."""
    return sha256(" ".join(text.casefold().split()).encode("utf-8", "surrogatepass")).digest()
