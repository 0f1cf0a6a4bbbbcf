from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.bundled import policies
from gateway.control.database import open_control_database
from gateway.pdp.explain.sources import find_source, named_source
from gateway.pdp.lifecycle.archive import write_archive
from gateway.pdp.lifecycle.tables import BUNDLE
from gateway.pdp.source import PolicySource, read_source


@pytest.fixture
def source() -> PolicySource:
    """The shipped policy."""
    return read_source(policies())


@pytest.fixture
def control(tmp_path: Path) -> Path:
    """A control database without a policy."""
    place = tmp_path / "control.db"
    open_control_database(place).close()
    return place


def test_a_folder_counts_by_its_revision_alone(source: PolicySource, tmp_path: Path) -> None:
    """A folder that holds another text is not the policy of that decision, whatever its name."""
    assert find_source(source.revision, [tmp_path, policies()], None) == source
    assert find_source("0" * 64, [policies()], None) is None


def test_a_policy_is_read_from_the_control_database(source: PolicySource, control: Path) -> None:
    """What is no longer in any folder is explained from the bundle that was in force."""
    _keep(control, source.revision, dict(source.files))
    found = find_source(source.revision, [], control)
    assert found is not None
    assert found.files == source.files


def test_a_stored_text_of_another_revision_is_not_taken(source: PolicySource, control: Path) -> None:
    """A row that claims a revision does not make its text that revision."""
    _keep(control, source.revision, {**source.files, "main.rego": b"package custody.access\n\nx := 1\n"})
    assert find_source(source.revision, [], control) is None


def test_a_stored_policy_is_found_by_the_beginning_of_its_revision(
    source: PolicySource, control: Path
) -> None:
    """A beginning names a policy as long as it is that of one alone."""
    _keep(control, source.revision, dict(source.files))
    found = named_source(control, source.revision[:8])
    assert found is not None
    assert found.revision == source.revision
    assert named_source(control, "0" * 8) is None
    _keep(control, f"{source.revision[:8]}{'0' * 56}", {})
    assert named_source(control, source.revision[:8]) is None


def test_a_database_that_is_not_there_is_no_error(source: PolicySource, tmp_path: Path) -> None:
    """Before governance has a database there is nothing to find in it."""
    assert find_source(source.revision, [], tmp_path / "control.db") is None
    assert named_source(tmp_path / "control.db", source.revision) is None


def _keep(place: Path, revision: str, files: dict[str, bytes]) -> None:
    database = open_control_database(place)
    row = dict.fromkeys((column.name for column in BUNDLE.columns), "x")
    numbers = {column.name: 0 for column in BUNDLE.columns if column.type.python_type is int}
    kept = {**row, **numbers, "revision": revision, "content": write_archive(files), "origin": "folder"}
    kept["digest"] = revision
    with database.write_lock, database.writer.begin() as connection:
        connection.execute(insert(BUNDLE).values(kept))
    database.close()
