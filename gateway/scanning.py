"""The gateway's way into redaction: bodies in, typed calls and typed errors out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

from gateway.circumstances import Contents
from gateway.domain import JsonObject, Obligations, Operator, RedactedPrompt
from gateway.errors import ContentRefused, InvalidBody, RedactionUnavailable, UnsupportedParameter
from gateway.reply_scanning import ReplyOrder, ReplyScanner
from redaction import errors, walk
from redaction.redactor import Plan, Redaction, Redactor, Scan, Scope


@dataclass(frozen=True, slots=True, repr=False)
class ScannedCall:
    """A request body of which it is known what it holds; ``contents`` is what a policy may know."""

    contents: Contents
    walk: walk.RequestWalk
    scan: Scan
    scope: Scope


@dataclass(frozen=True, slots=True, repr=False)
class RedactedCall:
    """A request that a backend may see, and what is needed to give the caller its own values back."""

    prompt: RedactedPrompt
    redaction: Redaction
    stream: bool
    wants_usage: bool


class Scanner:
    """Scans and redacts requests, and scans and restores their replies."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @property
    def engine(self) -> str:
        """Digest over all that decides what is found."""
        return self._redactor.digest

    async def warm(self) -> None:
        """Returns once the detectors are ready, so that no call waits for what they still compile."""
        await self._redactor.scan(["ready?"], department="")

    async def scan(self, body: JsonObject, department: str) -> ScannedCall:
        """What the body holds; raises for a body that cannot be scanned, and when scanning fails."""
        with _requested():
            walked = walk.chat_request(body)
            scope = Scope(department, self._redactor.conversation(walked.opening, department))
            scan = await self._redactor.scan(
                walked.texts, department=department, conversation=scope.conversation
            )
        return ScannedCall(_contents(walked, scan), walked, scan, scope)

    def redact(self, scanned: ScannedCall, obligations: Obligations) -> RedactedCall:
        """The body with every finding as its obligation says; raises ``ContentRefused``."""
        return self._redact(scanned, prompt_plan(obligations))

    async def redact_aside(self, scanned: ScannedCall, obligations: Obligations) -> RedactedCall:
        """The same, off the event loop where much is to be done."""
        plan = prompt_plan(obligations)
        return await self._redactor.redact_aside(partial(self._redact, scanned, plan), scanned.scan, plan)

    def _redact(self, scanned: ScannedCall, plan: Plan) -> RedactedCall:
        with _requested():
            redaction = self._redactor.redact(scanned.scan, plan, scanned.scope)
            body = scanned.walk.rebuild(redaction.texts)
        walked = scanned.walk
        return RedactedCall(RedactedPrompt(body), redaction, walked.stream, walked.wants_usage)

    def replies(
        self, call: RedactedCall, obligations: Obligations, model: str, request_id: str
    ) -> ReplyScanner:
        """What makes the model's reply the caller's."""
        envelope: JsonObject = {"id": f"chatcmpl-{request_id}", "model": model}
        plan = _plan(obligations.reply)
        order = ReplyOrder(call.redaction, plan, obligations.restore, call.wants_usage, envelope)
        return ReplyScanner(self._redactor, order)


def prompt_plan(obligations: Obligations) -> Plan:
    """What is done with each kind of finding in a prompt."""
    with _requested():
        return _plan(obligations.prompt)


@contextmanager
def _requested() -> Iterator[None]:
    """Turns what redaction raises about a request into what its caller is told."""
    try:
        yield
    except errors.UnknownField as error:
        raise UnsupportedParameter(str(error), param=error.path) from None
    except (errors.InvalidField, errors.UnscannableContent) as error:
        raise InvalidBody(str(error), param=error.path) from None
    except errors.RefusedByPlan as error:
        raise ContentRefused(str(error)) from None
    except errors.RedactionError as error:
        raise RedactionUnavailable(
            "What the request holds could not be established, so it was not let through.",
            reason_admin=str(error),
        ) from error


def _plan(obligations: Mapping[str, Operator]) -> Plan:
    return _planned(tuple(obligations.items()))


@lru_cache(maxsize=1024)  # obligations are those of the policies' rules, so they repeat
def _planned(obligations: tuple[tuple[str, Operator], ...]) -> Plan:
    return Plan({entity_type: operator.value for entity_type, operator in obligations})


def _contents(walked: walk.RequestWalk, scan: Scan) -> Contents:
    return Contents(
        findings=scan.counts,
        secrets=scan.secrets,
        corpora=scan.corpora,
        stream=walked.stream,
        tools=walked.tools,
        max_tokens=walked.max_tokens,
    )
