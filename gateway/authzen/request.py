"""What an AuthZEN 1.0 client sends (OpenID Authorization API 1.0, sections 5 to 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from gateway.body import parse_object
from gateway.circumstances import NAME
from gateway.domain import Action, DataClass, JsonObject
from gateway.errors import InvalidBody

MOST_EVALUATIONS = 100
"""Each is decided and put on record, so one request may not ask for any number."""

Semantic: TypeAlias = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]
_Text = Annotated[str, Field(min_length=1, max_length=256)]
_Word = Annotated[str, Field(pattern=rf"^(?:{NAME.pattern})?$")]
_Counts = dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")], Annotated[StrictInt, Field(ge=1)]]


class _Wire(BaseModel):
    # Section 5: members that are not known are passed over.
    model_config = ConfigDict(frozen=True, extra="ignore")


class SubjectProperties(_Wire):
    """What is believed of a subject that is not the caller."""

    department: _Word = ""
    groups: tuple[_Word, ...] = ()
    roles: tuple[_Word, ...] = ()
    acr: _Word = ""


class AskedSubject(_Wire):
    """Who would act."""

    type: _Text
    id: _Text
    properties: SubjectProperties = SubjectProperties()


class AskedAction(_Wire):
    """What would be done."""

    name: _Text


class AskedResource(_Wire):
    """With what."""

    type: _Text
    id: _Text


class AskedContext(_Wire):
    """Under which circumstances; what is not said is as the caller's key has it."""

    use_case: _Word | None = None
    purpose: _Word | None = None
    declared_class: DataClass | None = None
    findings: _Counts = {}
    secrets: _Counts = {}
    corpora: _Counts = {}
    stream: StrictBool = False
    tools: StrictBool = False
    max_tokens: Annotated[StrictInt, Field(ge=0, le=2**53 - 1)] | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One well-formed question."""

    subject: AskedSubject
    action: Action
    resource: AskedResource
    context: AskedContext


@dataclass(frozen=True, slots=True)
class Malformed:
    """A question of several that cannot be decided, and what is wrong with it."""

    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Several questions in order; ``single`` says that the request was one question, not a list."""

    questions: tuple[Evaluation | Malformed, ...]
    semantic: Semantic
    single: bool = False


def read_evaluation(raw: bytes) -> Evaluation:
    """The question in the body of an evaluation request; raises ``InvalidBody``."""
    question = _question(parse_object(raw))
    if isinstance(question, Malformed):
        raise InvalidBody(question.message)
    return question


def read_evaluations(raw: bytes) -> Batch:
    """The questions in the body of an evaluations request (section 7.1); raises ``InvalidBody``.

    Without a list it is one question, as to the evaluation endpoint.
    """
    body = parse_object(raw)
    items = body.get("evaluations")
    if items is None or items == []:
        return Batch((read_evaluation(raw),), "execute_all", single=True)
    if not isinstance(items, list) or len(items) > MOST_EVALUATIONS:
        raise InvalidBody(f"evaluations must be a list of at most {MOST_EVALUATIONS}.", param="evaluations")
    defaults: JsonObject = {
        name: body[name] for name in ("subject", "action", "resource", "context") if name in body
    }
    questions = tuple(
        _question({**defaults, **item})
        if isinstance(item, dict)
        else Malformed("an evaluation is not an object")
        for item in items
    )
    return Batch(questions, _semantic(body.get("options")))


def _semantic(options: object) -> Semantic:
    asked = options.get("evaluations_semantic", "execute_all") if isinstance(options, Mapping) else None
    if options is None or asked == "execute_all":
        return "execute_all"
    if asked == "deny_on_first_deny":
        return "deny_on_first_deny"
    if asked == "permit_on_first_permit":
        return "permit_on_first_permit"
    raise InvalidBody(
        "options.evaluations_semantic is one of execute_all, deny_on_first_deny, permit_on_first_permit.",
        param="options",
    )


class _Question(_Wire):
    subject: AskedSubject
    action: AskedAction
    resource: AskedResource
    context: AskedContext = AskedContext()


def _question(members: JsonObject) -> Evaluation | Malformed:
    try:
        asked = _Question.model_validate(members)
    except ValidationError as error:
        # Places and kinds only: a value may be anything.
        places = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        return Malformed(f"not as the Authorization API has it: {', '.join(dict.fromkeys(places))}")
    try:
        action = Action(asked.action.name)
    except ValueError:
        return Malformed(f"action.name is one of {', '.join(Action)}")
    return Evaluation(asked.subject, action, asked.resource, asked.context)
