"""Logs and databases that wait for a busy machine: how long is for no test to find out."""

from pathlib import Path

from audit.database import Database
from audit.log import Log, LogOptions, open_log
from audit.place import Place
from gateway.control.database import open_control_database

PATIENCE_S = 60.0


def patient_log(path: Path) -> Log:
    """A log of its own, whose records may take long."""
    return open_log(path, LogOptions(deadline_s=PATIENCE_S))


def patient_control(place: Place) -> Database:
    """A control database whose writers wait for each other as long as it takes."""
    return open_control_database(place, PATIENCE_S)
