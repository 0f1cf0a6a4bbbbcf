"""The context of a call for the policy: from headers, the key's defaults, and counts of findings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain import CallContext, DataClass, Rights
from gateway.errors import BadRequest
from gateway.identity.base import Defaults

# Such a value reaches the policy and the log, so it must be a name and cannot carry content.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a policy may know of a prompt: counts and shape, never values."""

    findings: Mapping[str, int] = field(default_factory=dict)
    secrets: Mapping[str, int] = field(default_factory=dict)
    corpora: Mapping[str, int] = field(default_factory=dict)
    stream: bool = False
    tools: bool = False
    max_tokens: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Everything found, by entity type."""
        return {**self.findings, **self.secrets, **self.corpora}


def call_context(
    headers: Mapping[str, str],
    defaults: Defaults,
    contents: Contents,
    rights: Rights,
    now: datetime,
) -> CallContext:
    """The circumstances of a call; raises ``BadRequest`` for a header whose value is no name."""
    return CallContext(
        use_case=_named(headers, "x-custody-use-case", defaults.use_case),
        purpose=_named(headers, "x-custody-purpose", defaults.purpose),
        declared_class=_data_class(headers, defaults.declared_class),
        findings=contents.findings,
        secrets=contents.secrets,
        corpora=contents.corpora,
        time=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        stream=contents.stream,
        tools=contents.tools,
        max_tokens=contents.max_tokens,
        rights=rights,
    )


def _named(headers: Mapping[str, str], header: str, default: str) -> str:
    value = headers.get(header)
    if value is None:
        return default
    if NAME.fullmatch(value) is None:
        raise BadRequest(
            f"The header {header} must be a name of a-z, 0-9, '.', '_' and '-', at most 64 long."
        )
    return value


def _data_class(headers: Mapping[str, str], default: DataClass) -> DataClass:
    value = headers.get("x-custody-class")
    if value is None:
        return default
    try:
        return DataClass(value)
    except ValueError:
        names = ", ".join(DataClass)
        raise BadRequest(f"The header x-custody-class must be one of {names}.") from None
