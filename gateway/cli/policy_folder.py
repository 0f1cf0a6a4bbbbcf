"""What every command over a policy folder shares: the option, and telling what was refused."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.policy_problems import show_problems
from gateway.pdp.checks import CheckedPolicy, check
from gateway.pdp.embedded import EmbeddedEngine, Options, build
from gateway.pdp.judge import Judge
from gateway.pdp.source import PolicyRefused, PolicySource, read_source

Folder = Annotated[
    Path | None, typer.Option("--policies", help="The policy folder; the shipped one by default.")
]


def source_of(folder: Path) -> PolicySource:
    """Returns the folder's text; leaves with its problems told if it cannot be read."""
    try:
        return read_source(folder)
    except PolicyRefused as refused:
        raise told(refused, folder) from refused


def checked(folder: Path) -> CheckedPolicy:
    """Returns the folder's policy after every check; leaves with its problems told otherwise."""
    try:
        return check(read_source(folder))
    except PolicyRefused as refused:
        raise told(refused, folder) from refused


def built(folder: Path) -> EmbeddedEngine:
    """Returns an engine over the folder; leaves with its problems told if it is refused."""
    try:
        return build(Options(policies=folder))
    except PolicyRefused as refused:
        raise told(refused, folder) from refused


def judge_by(source: PolicySource) -> Judge:
    """A judge by a policy; leaves with its problems told if it is refused."""
    try:
        return Judge.of(source)
    except PolicyRefused as refused:
        raise told(refused, source.folder) from refused


def past_judge_by(source: PolicySource) -> Judge:
    """The same for a policy that was in force once, whatever today's checks say to it."""
    try:
        return Judge.past(source)
    except PolicyRefused as refused:
        raise told(refused, source.folder) from refused


def past_judge_of(folder: Path) -> Judge:
    """The same for a folder's policy."""
    return past_judge_by(source_of(folder))


def told(refused: PolicyRefused, folder: Path) -> typer.Exit:
    """Tells every problem on standard error, with the line that it stands in; returns the exit to raise."""
    show_problems(Console(stderr=True, soft_wrap=True, highlight=False), folder, refused.problems)
    return typer.Exit(1)
