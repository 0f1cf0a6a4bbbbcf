"""What is told of the log's evidence: counts, and dossiers under way."""

from typing import Literal

from pydantic import Field, JsonValue

from gateway.views.base import Told


class SpanView(Told):
    """Which entries were counted."""

    first: int
    end: int = Field(description="Index behind the last one.")
    since_us: int = Field(description="From this moment on (microseconds since 1970); 0: from the first on.")
    until_us: int = Field(description="Before this moment; 0: to the last.")


class ScorecardsView(Told):
    """How each department handles data: figures with their bounds."""

    span: SpanView
    entries: int
    departments: dict[str, JsonValue] = Field(description="By department; each figure with its interval.")
    gaps: list[str] = Field(description="What was not counted, and why.")


class UseView(Told):
    """One department's use of one asset."""

    asset: str
    department: str
    calls: int
    answered: int
    refused: int
    prompt_tokens: int
    completion_tokens: int
    model_ms: int = Field(description="Duration of its calls: no less than what the model worked.")
    cost: str | None = Field(description="As decimal text; null without prices.")


class UsagePage(Told):
    """Some uses, by asset and department."""

    span: SpanView
    currency: str = Field(description="Of the costs; empty without prices.")
    items: list[UseView]
    gaps: list[str] = Field(description="What was not counted, and why.")
    next: str = Field(description="Give it as `cursor` for the next page; empty: there is none.")


class DossierView(Told):
    """A dossier that was asked for; asked again it is the same, to the byte, until the dispute moves on."""

    id: str
    dispute: str
    state: Literal["making", "made", "failed"]
    sha256: str = Field(description="Of the zip; empty while it is not made.")
    seal: int = Field(description="Index of the entry that seals it.")
    problem: str = Field(description="Why it could not be made; ask again.")
