"""One POST, as sinks need it: no redirect, no proxy, an answer of 2xx or a failure."""

import os
import ssl
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, Field, FilePath, HttpUrl, model_validator

from audit.errors import SinkUnavailable

_LONGEST_ANSWER = 65_536


class PostOptions(BaseModel):
    """Where batches are posted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl = Field(description="Where batches are posted.")
    token_env: str = Field("", description="Variable that holds a bearer token.")
    token_file: Path | None = Field(None, description="File that holds a bearer token, read at start.")
    ca_file: FilePath | None = Field(None, description="PEM file of the authorities to trust.")
    timeout_s: float = Field(10, gt=0, description="Longest wait for an answer, in seconds.")

    @model_validator(mode="after")
    def _token_is_there(self) -> "PostOptions":
        if self.token_env and self.token_file:
            raise ValueError("give token_env or token_file, not both")
        if self.token_env and self.token_env not in os.environ:
            raise ValueError(f"the variable {self.token_env} (token_env) is not set")
        return self

    def token(self) -> str:
        """The token in clear; empty when there is none."""
        if self.token_file:
            return self.token_file.read_text().strip()
        return os.environ[self.token_env] if self.token_env else ""


class Poster:
    """Posts to one URL."""

    def __init__(self, options: PostOptions, content_type: str) -> None:
        self._url = str(options.url)
        self._timeout_s = options.timeout_s
        token = options.token()
        credential = {"Authorization": f"Bearer {token}"} if token else {}
        self._headers = {**credential, "Content-Type": content_type, "User-Agent": "custody"}
        context = ssl.create_default_context(cafile=options.ca_file)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirect()
        )

    def post(self, body: bytes) -> bytes:
        """The answer's body, when its status is 2xx; raises ``SinkUnavailable``."""
        # The settings take http and https alone.
        request = urllib.request.Request(self._url, body, self._headers, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                content: bytes = answer.read(_LONGEST_ANSWER)
                return content
        except urllib.error.HTTPError as error:
            error.close()
            raise SinkUnavailable(f"{self._url} answered {error.code}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise SinkUnavailable(f"{self._url}: {type(reason).__name__}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Records are not to follow an answer to another host."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as the base class has it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Follows nothing."""
        del req, fp, code, msg, headers, newurl
