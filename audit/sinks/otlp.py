"""OpenTelemetry logs: OTLP over HTTP with JSON (OTLP 1.x, logs data model 1.x)."""

from collections.abc import Iterator, Sequence

import orjson
from pydantic import Field

from audit.errors import SinkUnavailable
from audit.query import Located
from audit.sinks._post import Poster, PostOptions

_INFO, _WARN = (9, "INFO"), (13, "WARN")


class Options(PostOptions):
    """Where the collector takes logs, such as ``http://127.0.0.1:4318/v1/logs``."""

    service: str = Field("custody-gateway", description="Value of `service.name`.")


def build(options: Options) -> "OtlpSink":
    """The collector; asked with the first entry."""
    return OtlpSink(Poster(options, "application/json"), options.service)


class OtlpSink:
    """Exports one log record an entry; its body is the leaf, its attributes are what one searches by."""

    def __init__(self, poster: Poster, service: str) -> None:
        self._poster = poster
        self._resource = {"attributes": [_attribute("service.name", service)]}

    def deliver(self, entries: Sequence[Located]) -> None:
        """Exports the entries; a partial success is a failure, for what was rejected is not there."""
        scope = {"scope": {"name": "custody.audit"}, "logRecords": [_record(each) for each in entries]}
        answer = self._poster.post(
            orjson.dumps({"resourceLogs": [{"resource": self._resource, "scopeLogs": [scope]}]})
        )
        if rejected := _rejected(answer):
            raise SinkUnavailable(f"the collector rejected {rejected} of {len(entries)} records")

    def close(self) -> None:
        """Each batch has a connection of its own."""


def _record(located: Located) -> dict[str, object]:
    entry = located.entry
    refused = bool(entry.record.result and entry.record.result.code)
    number, text = _WARN if refused else _INFO
    at = str(entry.wall_us * 1000)
    return {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": number,
        "severityText": text,
        "eventName": f"custody.{entry.record.type.value}",
        "body": {"stringValue": located.leaf.decode()},
        "attributes": [_attribute(name, value) for name, value in _attributes(located)],
    }


def _attributes(located: Located) -> Iterator[tuple[str, str | int]]:
    record = located.entry.record
    yield "custody.index", located.index
    yield "custody.leaf_hash", located.leaf_hash.hex()
    yield "custody.request_id", record.request_id
    if record.actor:
        yield "custody.department", record.actor.department
        yield "enduser.pseudo.id", record.actor.id
    if record.resource:
        yield "custody.asset", record.resource.id
        yield "custody.owner", record.resource.owner
        yield "gen_ai.request.model", record.resource.id
    if record.decision:
        yield "custody.decision", record.decision.effect
    if record.result:
        yield "http.response.status_code", record.result.status
        yield "error.type", record.result.code
        yield "gen_ai.usage.input_tokens", record.result.prompt_tokens
        yield "gen_ai.usage.output_tokens", record.result.completion_tokens


def _attribute(name: str, value: str | int) -> dict[str, object]:
    # 64-bit integers are strings in protobuf's JSON.
    return {
        "key": name,
        "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)},
    }


def _rejected(answer: bytes) -> int:
    try:
        partial = (orjson.loads(answer or b"{}") or {}).get("partialSuccess") or {}
        return int(partial.get("rejectedLogRecords") or 0)
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        return 0  # a collector that answers 2xx with something else has taken the records
