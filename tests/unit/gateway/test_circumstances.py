import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.circumstances import Contents, call_context
from gateway.domain import DataClass
from gateway.errors import BadRequest
from gateway.identity.base import Defaults

DEFAULTS = Defaults("complaint-triage", "support", DataClass.INTERNAL)
NOW = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)


def test_defaults_of_the_key_hold() -> None:
    """A caller with nothing but a base URL and a key has a use case, a purpose and a class."""
    context = call_context({}, DEFAULTS, Contents(findings={"PERSON": 1}), (), NOW)
    assert (context.use_case, context.purpose, context.declared_class) == (
        "complaint-triage",
        "support",
        "internal",
    )
    assert context.time == "2026-11-24T09:30:00.123Z"
    assert context.findings == {"PERSON": 1}


def test_headers_say_otherwise() -> None:
    """A header of the call wins over the default of its key."""
    headers = {"x-custody-use-case": "it-helpdesk", "x-custody-class": "confidential"}
    context = call_context(headers, DEFAULTS, Contents(), (), NOW)
    assert (context.use_case, context.declared_class) == ("it-helpdesk", DataClass.CONFIDENTIAL)


@given(st.text(max_size=80))
def test_header_cannot_carry_content(value: str) -> None:
    """What reaches the policy and the log by a header is a short name or nothing."""
    if re.fullmatch("[a-z0-9][a-z0-9._-]{0,63}", value):
        assert call_context({"x-custody-use-case": value}, DEFAULTS, Contents(), (), NOW).use_case == value
    else:
        with pytest.raises(BadRequest, match="must be a name"):
            call_context({"x-custody-use-case": value}, DEFAULTS, Contents(), (), NOW)


@pytest.mark.parametrize("value", ["", "INTERNAL", "secret", "internal "])
def test_unknown_class_is_refused(value: str) -> None:
    """A class that is not one of ours is an error, never a default."""
    with pytest.raises(BadRequest, match="public, internal, confidential, restricted"):
        call_context({"x-custody-class": value}, DEFAULTS, Contents(), (), NOW)
