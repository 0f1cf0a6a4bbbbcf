"""How failures look, for the API's description."""

from typing import Any

from pydantic import Field

from gateway.routes.api.naming import REFERENCE
from gateway.views.base import Told


class ErrorDetail(Told):
    """What went wrong, and what to do about it."""

    message: str
    type: str
    param: str | None = Field(description="The member, parameter or header that it is about.")
    code: str = Field(
        description="Stable; the README's table of errors says what to do.", examples=["conflict"]
    )
    rule: str = Field("", description="The policy's rule that decided; absent where none did.")
    owner_contact: str = Field("", description="Whom to ask; absent where nobody is named.")
    remedy: str = Field("", description="What would help; absent where nothing is named.")
    request_id: str = Field(description="Leads an operator to the record in the log.")


class ErrorView(Told):
    """How every failure is told."""

    error: ErrorDetail


FAILURES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        # By reference: a model here would be built anew for each status of each route, a second in all.
        "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model=ErrorView.__name__)}}},
    }
    for status, text in {
        400: "The request cannot be accepted as it is.",
        401: "No key, or one that is not valid.",
        403: "Not for this caller to do.",
        404: "Not there, or not for this caller to see.",
        409: "What is there now does not allow it.",
        412: "It is not what If-Match says.",
        413: "The body is too large.",
        422: "It contradicts itself or the registry, or the idempotency key came with another request.",
        431: "The headers are too large.",
        503: "A part that must work does not; nothing was changed.",
    }.items()
}
