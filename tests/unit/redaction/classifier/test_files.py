import json
import shutil
from pathlib import Path

import pytest

from redaction.classifier.errors import ClassifierUnusable
from redaction.classifier.files import FOLDER, MANIFEST, TENSORS, VOCABULARY, read
from redaction.detectors.classifier import Options, build


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The published files in a folder of their own."""
    return Path(shutil.copytree(FOLDER, tmp_path / "weights"))


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".md"))
def test_a_missing_file_stops_the_start(copy: Path, name: str) -> None:
    """Without one of its files the classifier refuses to start and says how to mend it."""
    (copy / name).unlink()
    with pytest.raises(ClassifierUnusable, match="install custody-gateway again"):
        build(Options(weights=copy))


@pytest.mark.parametrize("name", [TENSORS, VOCABULARY])
def test_a_changed_byte_stops_the_start(copy: Path, name: str) -> None:
    """A file that is not what was published is refused by name."""
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ClassifierUnusable, match=name):
        build(Options(weights=copy))


def test_a_manifest_of_nonsense_stops_the_start(copy: Path) -> None:
    """A manifest that is no manifest is the same error."""
    (copy / MANIFEST).write_text("[1]")
    with pytest.raises(ClassifierUnusable):
        read(copy)


def test_the_digest_follows_the_files(copy: Path) -> None:
    """Other thresholds or weights give another digest, the same files the same one."""
    assert read(copy).digest == read().digest
    stated = json.loads((copy / MANIFEST).read_bytes())
    stated["thresholds"]["PERSON"] = 0.99
    (copy / MANIFEST).write_text(json.dumps(stated))
    assert read(copy).digest != read().digest
