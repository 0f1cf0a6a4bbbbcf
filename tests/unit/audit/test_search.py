from pathlib import Path

import pytest

from audit.errors import ExportRefused
from audit.filters import Filter
from audit.query import LogReader
from audit.search import GROUPS, count, index_bounds, search

FILTERS = [
    Filter(),
    Filter(department="retail"),
    Filter(department="nobody"),
    Filter(rule="it.allow"),
    Filter(rule="it"),
    Filter(entity="PERSON", type="access.intent"),
    Filter(request_id="req-1-7"),
    Filter(effect="allow", owner="it", resource="northwind-base", action="chat", actor="s_1f0c"),
    Filter(code="timeout"),
]


def pages(reader: LogReader, where: Filter, limit: int) -> list[int]:
    """The indexes that all pages of a search give."""
    found: list[int] = []
    cursor = ""
    while True:
        page = search(reader, where, limit, cursor)
        assert len(page.entries) <= limit
        found += [each.index for each in page.entries]
        cursor = page.cursor
        if not cursor:
            return found


@pytest.mark.parametrize("where", FILTERS, ids=lambda where: str(where.facts()))
@pytest.mark.parametrize("limit", [7, 250, 1000])
def test_pages_give_each_match_once(closed_log: Path, where: Filter, limit: int) -> None:
    """All pages together give what a full scan finds, each entry once, latest first."""
    with LogReader(closed_log) as reader:
        everything = list(reader.scan())
        fit = [each for each in everything if where.matches(each.entry)]
        wanted = [each.index for each in sorted(fit, key=lambda each: (-each.entry.wall_us, -each.index))]
        assert pages(reader, where, limit) == wanted
        assert [each.index for each in reader.scan(where)] == sorted(wanted)


def test_a_page_ends_though_nothing_is_found(closed_log: Path) -> None:
    """A page that looked at as many entries as it may says how far it came, and its cursor goes on there."""
    with LogReader(closed_log) as reader:
        where = Filter(code="timeout")
        page = search(reader, where, 5, most_seen=100)
        moments = sorted((each.entry.wall_us for each in reader.scan()), reverse=True)
        assert (page.entries, page.reached_us) == ((), moments[99])
        rounds = 1
        while page.cursor:
            page = search(reader, where, 5, page.cursor, most_seen=100)
            rounds += 1
        assert rounds == 6


def test_time_is_half_open(closed_log: Path) -> None:
    """An entry at --since is in, one at --until is out."""
    with LogReader(closed_log) as reader:
        moments = sorted(each.entry.wall_us for each in reader.scan())
        low, high = moments[100], moments[400]
        found = pages(reader, Filter(since_us=low, until_us=high), 50)
        assert len(found) == sum(low <= moment < high for moment in moments)


def test_a_cursor_belongs_to_its_search(closed_log: Path) -> None:
    """A cursor under another filter, or one that is none, is refused."""
    with LogReader(closed_log) as reader:
        cursor = search(reader, Filter(), 5).cursor
        for wrong in (cursor, "nonsense", "é"):
            with pytest.raises(ExportRefused, match="another search"):
                search(reader, Filter(department="retail"), 5, wrong)


@pytest.mark.parametrize("by", [[name] for name in GROUPS] + [["department", "rule"], ["type", "day"]])
def test_counts_are_those_of_a_scan(closed_log: Path, by: list[str]) -> None:
    """Counts add up to what leaves say, whether the database or a scan counts."""
    with LogReader(closed_log) as reader:
        groups = count(reader, Filter(type="access.intent"), by)
        assert sum(number for _, number in groups) == 300
        leaves = count(reader, Filter(type="access.intent", rule="it.allow"), by)
        assert groups == leaves


def test_an_unknown_group_is_refused(closed_log: Path) -> None:
    """What nothing can be counted by is refused, with what there is."""
    with LogReader(closed_log) as reader, pytest.raises(ExportRefused, match="department, asset"):
        count(reader, Filter(), ["colour"])


def test_bounds_of_a_time_are_found_by_index(closed_log: Path) -> None:
    """The range of a time begins and ends with an entry of it; a time without entries has none."""
    with LogReader(closed_log) as reader:
        moments = [located.entry.wall_us for located in reader.scan()]
        since, until = sorted(moments)[100], sorted(moments)[400]
        inside = [index for index, moment in enumerate(moments) if since <= moment < until]
        assert index_bounds(reader, since, until) == (inside[0], inside[-1] + 1)
        assert index_bounds(reader, 0, 0) == (0, len(moments))
        assert index_bounds(reader, max(moments) + 1, 0) is None
