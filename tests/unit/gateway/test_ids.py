import uuid

from hypothesis import given
from hypothesis import strategies as st

from gateway.ids import Uuid7


@given(st.integers(0, 2**48 - 1))
def test_uuid7_carries_its_time(now_ms: int) -> None:
    """An id is a valid version 7 UUID whose first 48 bits are its time in milliseconds."""
    made = uuid.UUID(Uuid7(lambda: now_ms)())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == now_ms


def test_ids_do_not_repeat() -> None:
    """Ids made in one millisecond differ, whichever generator makes them."""
    made = [new_id() for new_id in (Uuid7(lambda: 1), Uuid7(lambda: 1)) for _ in range(1000)]
    assert len(set(made)) == 2000
