"""Calls that come together take each step together."""

import asyncio

from gateway.abreast import abreast


async def test_no_call_takes_its_next_step_before_all_have_come_to_it() -> None:
    """Of calls that come together, each takes its first step before any takes its second."""
    taken: list[int] = []

    async def call() -> None:
        for step in range(3):
            await abreast()
            taken.append(step)

    await asyncio.gather(*(call() for _ in range(5)))
    assert taken == sorted(taken)
