"""Where a log lies: a SQLite file, or a PostgreSQL database by its URL."""

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from audit.errors import LogUnusable

Place: TypeAlias = Path | URL
_SCHEMES = ("postgresql://", "postgres://")
_DRIVER = "postgresql+psycopg"


def parse_place(text: str) -> Place:
    """A path, or the URL of a PostgreSQL database; raises LogUnusable for another kind of URL.

    The password never shows: not in ``str`` nor ``repr`` of the place, nor in the error.
    """
    if text.startswith(_SCHEMES):
        try:
            return make_url(text).set(drivername=_DRIVER)
        except (ArgumentError, ValueError):
            raise LogUnusable(
                "The database URL cannot be read: it goes postgresql://user@host:5432/name."
            ) from None
    if "://" in text:
        scheme = text.partition("://")[0]
        raise LogUnusable(f"A log lies in a SQLite file or under a postgresql:// URL, not under {scheme}://.")
    return Path(text)


def show_place(place: Place) -> str:
    """The place for people, without a password."""
    if isinstance(place, Path):
        return str(place)
    return place.set(drivername="postgresql").render_as_string(hide_password=True)
