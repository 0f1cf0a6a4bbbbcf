from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

from gateway.domain import JsonObject
from gateway.pdp.datafiles import DataFileBroken, read_data_file
from gateway.pdp.rego import Module, Problem

MAX_FILE_BYTES = 1_048_576
"""No rule that people can review is longer; regorus has the same limit."""

_IGNORED = {".md"}
_DATA = {"data.json", "data.yaml"}
_LAYERS = {"departments", "governance", "lib", "security"}


class PolicyRefused(Exception):
    """A policy folder cannot be put into force; ``problems`` names every file, line and message."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class PolicySource:
    """The text of a policy: modules in force, modules that test them, and data.

    ``revision`` is the hex SHA-256 over path and content of every file in force (``files``), sorted by path;
    tests do not count.
    """

    folder: Path
    modules: tuple[Module, ...]
    tests: tuple[Module, ...]
    data: JsonObject
    revision: str
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def read_source(folder: Path) -> PolicySource:
    """Read a policy folder; raises ``PolicyRefused`` with all that cannot be read."""
    if not folder.is_dir():
        raise PolicyRefused((Problem(str(folder), 0, 0, "no such policy folder"),))
    reading = _Reading(folder)
    # Sorted by the name as it is hashed, so that every machine has one order.
    for path in sorted(folder.rglob("*"), key=lambda found: found.relative_to(folder).as_posix()):
        reading.take(path)
    return reading.finish()


def read_files(files: Mapping[str, bytes], folder: Path) -> PolicySource:
    """The same from memory: content by path as a folder has it; ``folder`` only names it in messages.

    Raises ``PolicyRefused`` as ``read_source`` does.
    """
    reading = _Reading(folder)
    for name in sorted(files):
        reading.take_content(name, files[name])
    return reading.finish()


class _Reading:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: list[Module] = []
        self._tests: list[Module] = []
        self._data: JsonObject = {}
        self._digest = sha256()
        self._files: dict[str, bytes] = {}
        self._problems: list[Problem] = []

    def take(self, path: Path) -> None:
        name = path.relative_to(self._folder).as_posix()
        if path.is_symlink():
            # A link would bring in text that nobody reviewed in this folder.
            self._refuse(name, "links are not followed")
        elif not path.is_dir() and self._wanted(name, path.stat().st_size):
            self._take_file(name, path.read_bytes())

    def take_content(self, name: str, content: bytes) -> None:
        if self._wanted(name, len(content)):
            self._take_file(name, content)

    def finish(self) -> PolicySource:
        if not self._modules and not self._problems:
            self._refuse(str(self._folder), "holds no policy")
        if self._problems:
            raise PolicyRefused(tuple(self._problems))
        digest = self._digest.hexdigest()
        modules, tests = tuple(self._modules), tuple(self._tests)
        return PolicySource(self._folder, modules, tests, self._data, digest, self._files)

    def _wanted(self, name: str, size: int) -> bool:
        path = PurePosixPath(name)
        if path.suffix in _IGNORED:
            return False
        if path.suffix != ".rego" and path.name not in _DATA:
            self._refuse(name, "a policy folder holds .rego, .md, data.json and data.yaml files only")
        elif size > MAX_FILE_BYTES:
            self._refuse(name, f"longer than {MAX_FILE_BYTES} bytes")
        else:
            return True
        return False

    def _take_file(self, name: str, content: bytes) -> None:
        if name.endswith("_test.rego"):
            self._take_module(name, content, self._tests)
            return
        # Lengths keep two files from posing as one.
        self._files[name] = content
        self._digest.update(f"{len(name.encode())}:{name}{len(content)}:".encode() + content)
        if name.endswith(".rego"):
            self._take_module(name, content, self._modules)
        else:
            self._take_data(name, content)

    def _take_module(self, name: str, content: bytes, into: list[Module]) -> None:
        try:
            into.append(Module(name, content.decode()))
        except UnicodeDecodeError:
            self._refuse(name, "not UTF-8")

    def _take_data(self, name: str, content: bytes) -> None:
        folders = name.split("/")[:-1]
        if folders and folders[0] not in _LAYERS:
            # A folder named custody would put data where the rules are.
            self._refuse(name, "data stands at the top or in security/, governance/, lib/ and departments/")
            return
        try:
            _mount(self._data, folders, read_data_file(name, content))
        except DataFileBroken as error:
            self._problems.append(Problem(name, error.line, error.column, str(error)))

    def _refuse(self, name: str, message: str) -> None:
        self._problems.append(Problem(name, 0, 0, message))


def _mount(root: JsonObject, folders: list[str], value: JsonObject) -> None:
    """Put a file's value where OPA would: under the names of its folders."""
    for folder in folders:
        below = root.setdefault(folder, {})
        if not isinstance(below, dict):
            raise DataFileBroken(f"another file gives {folder} a value of its own")
        root = below
    for key, item in value.items():
        if key in root:
            raise DataFileBroken(f"another file defines {key} too")
        root[key] = item
