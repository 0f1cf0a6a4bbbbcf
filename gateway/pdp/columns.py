"""Columns as editors and OPA count them; regorus counts each tab as four."""

from bisect import bisect_right

from gateway.domain import JsonValue

_TAB = 4


class Columns:
    """Where things stand in one text."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._source = text.encode()
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line.encode()) + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of what starts at a byte."""
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        return line, len(self._source[start:offset].decode(errors="replace")) + 1

    def counted(self, line: int, column: int) -> int:
        """The column that regorus gives as ``column``."""
        if not 0 < line <= len(self._lines):
            return column
        left = column - 1
        for number, character in enumerate(self._lines[line - 1]):
            if left <= 0:
                return number + 1
            left -= _TAB if character == "\t" else 1
        return len(self._lines[line - 1]) + 1 + max(left, 0)

    def correct(self, tree: JsonValue) -> None:
        """Set line and column of every span of a syntax tree to those of its start."""
        if isinstance(tree, list):
            for each in tree:
                self.correct(each)
        elif isinstance(tree, dict):
            if "col" in tree and "start" in tree:
                tree["line"], tree["col"] = self.at(int(str(tree["start"])))
                return
            for each in tree.values():
                self.correct(each)
