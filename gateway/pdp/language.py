"""The subset of Rego that policies may use, whatever they are about."""

from collections.abc import Callable, Iterator, Sequence

from gateway.domain import JsonObject
from gateway.pdp.calls import call_problems
from gateway.pdp.certainty import Certainty
from gateway.pdp.compiling import compile_problems
from gateway.pdp.merging import AliasesDiffer, Text, merged
from gateway.pdp.printing import printing_problems
from gateway.pdp.recursion import recursion_problems
from gateway.pdp.rego import Problem
from gateway.pdp.scopes import scope_problems
from gateway.pdp.shapes import InputShape
from gateway.pdp.subset import kind_problems, subset_problems
from gateway.pdp.syntax import Syntax
from gateway.pdp.undefined import undefined_problems
from gateway.pdp.world import World

Inputs = Callable[[Syntax], InputShape | None]
"""The schema of the input that a module is asked about; None where none speaks of it."""


def language_problems(modules: Sequence[Syntax], data: JsonObject, inputs: Inputs) -> Iterator[Problem]:
    """What is wrong with parsed modules as Rego, that the compiler refuses them included."""
    found = list(_problems(modules, World(modules, data), inputs))
    yield from found
    if not found:
        # Last, for a rule that needs itself overflows the stack of whoever compiles it.
        yield from compile_problems(modules, data)


def _problems(modules: Sequence[Syntax], world: World, inputs: Inputs) -> Iterator[Problem]:
    yield from kind_problems(world)
    yield from _alias_problems(modules)
    yield from recursion_problems(modules)
    for syntax in modules:
        yield from call_problems(syntax, world)
        yield from scope_problems(syntax, world)
        yield from subset_problems(syntax, world)
        yield from printing_problems(syntax)
        yield from undefined_problems(syntax, Certainty(world, inputs(syntax)))


def _alias_problems(modules: Sequence[Syntax]) -> Iterator[Problem]:
    try:
        merged([Text(each.module.path, each.module.text, each.tree) for each in modules])
    except AliasesDiffer as differ:
        fix = f"import it under another name: import ... as other_{differ.name}"
        yield Problem(differ.path, differ.line, 1, str(differ), fix)
