"""One module for each package, for the interpreter alone.

regorus' interpreter loses rules of a package that several files share when it is reached through a variable
(``data.custody.departments[owner]``): an empty file that happens to come first is enough. Its compiled form
does not. So the files of a package are handed over as one, and places are told in the files that people know.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Text:
    """A file with its syntax tree; ``path`` names it in messages."""

    path: str
    text: str
    tree: JsonObject


@dataclass(frozen=True, slots=True)
class Merged:
    """The text of a whole package, and from which of its lines on each file stands in it."""

    path: str
    text: str
    starts: tuple[tuple[int, str], ...]

    def place(self, line: int) -> tuple[str, int]:
        """File and line of a line of the whole."""
        path, first = self.path, 0
        for start, each in self.starts:
            if start <= line:
                path, first = each, start
        return path, line - first + 1 if first else 0

    def divided(self, lines: Iterable[int]) -> dict[str, frozenset[int]]:
        """Which of some lines of the whole are which lines of each file."""
        places = [self.place(line) for line in lines]
        return {each: frozenset(own for path, own in places if path == each) for _, each in self.starts}


class AliasesDiffer(Exception):
    """Files of one package import different things by one name; ``path`` is the later file."""

    def __init__(self, path: str, line: int, name: str) -> None:
        super().__init__(f"{name} means something else in another file of this package")
        self.path = path
        self.line = line
        self.name = name


def merged(texts: Sequence[Text]) -> list[Merged]:
    """The packages of some files, each where its first file was; raises ``AliasesDiffer``."""
    packages: dict[str, list[Text]] = {}
    for each in texts:
        packages.setdefault(_written(each.tree["package"], each.text), []).append(each)
    return [_package(package, parts) for package, parts in packages.items()]


def _package(package: str, parts: Sequence[Text]) -> Merged:
    if len(parts) == 1:
        (only,) = parts
        return Merged(only.path, only.text, ((1, only.path),))
    imports = _imports(parts)
    lines = [package, *imports]
    starts: list[tuple[int, str]] = []
    for each in parts:
        starts.append((len(lines) + 1, each.path))
        lines += _rest(each).split("\n")
    # Named after none of the files, for a fault of its head is nobody's.
    return Merged(parts[0].path, "\n".join(lines) + "\n", tuple(starts))


def _imports(parts: Sequence[Text]) -> list[str]:
    """The imports of all files, each once."""
    by_name: dict[str, str] = {}
    for each in parts:
        for entry in _entries(each):
            written = _written(entry, each.text)
            name = written.split()[-1].rsplit(".", 1)[-1]
            if by_name.setdefault(name, written) != written:
                raise AliasesDiffer(each.path, _line(entry), name)
    return list(by_name.values())


def _rest(each: Text) -> str:
    """A file without its package and imports; every other line stays where it was."""
    source = each.text.encode()
    for entry in [each.tree["package"], *_entries(each)]:
        start, end = _ends(entry)
        source = source[:start] + b" " * (end - start) + source[end:]
    return source.decode()


def _entries(each: Text) -> list[JsonObject]:
    imports = each.tree["imports"]
    return [entry for entry in imports if isinstance(entry, dict)] if isinstance(imports, list) else []


def _written(node: JsonValue, text: str) -> str:
    start, end = _ends(node)
    return " ".join(text.encode()[start:end].decode().split())


def _ends(node: JsonValue) -> tuple[int, int]:
    span = _span(node)
    return int(str(span["start"])), int(str(span["end"]))


def _line(node: JsonValue) -> int:
    return int(str(_span(node)["line"]))


def _span(node: JsonValue) -> Mapping[str, JsonValue]:
    span = node["span"] if isinstance(node, dict) else None
    return span if isinstance(span, dict) else {}
