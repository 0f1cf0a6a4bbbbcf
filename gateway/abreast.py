"""Calls that come together take each step together."""

import asyncio


async def abreast() -> None:
    """Lets every call that is ready come up to the same step.

    A step finds its code and tables in the processor's caches when another call has just taken it; one call
    after the other through all steps, each step pushes out what the last one needs. The figures are in
    tests/benchmarks/README.md. The event loop looks at its sockets between two steps as well.
    """
    await asyncio.sleep(0)
