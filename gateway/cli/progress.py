from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from gateway.progress import Progress as Reporting


@contextmanager
def shown_progress(console: Console) -> Iterator[Reporting]:
    """Shows each step of long work as it is reported: a bar on a terminal, one line a step elsewhere."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        yield _bars(bars)


def _lines(console: Console) -> Reporting:
    seen: set[str] = set()

    def report(step: str, done: float | None = None) -> None:
        del done
        if step not in seen:
            seen.add(step)
            console.print(f"{step} ...", markup=False, highlight=False)

    return report


def _bars(bars: Progress) -> Reporting:
    tasks: dict[str, TaskID] = {}

    def report(step: str, done: float | None = None) -> None:
        for other, task in tasks.items():
            if other != step:
                bars.update(task, total=1, completed=1)
        if step not in tasks:
            tasks[step] = bars.add_task(step, total=None)
        if done is not None:
            bars.update(tasks[step], total=1, completed=done)

    return report
