"""Policy decisions in this process by the policy that another gateway has in force and serves."""

import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from gateway.domain import AccessRequest, Decision
from gateway.ids import Uuid7
from gateway.pdp import live
from gateway.pdp.contract import IdSource
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.remote_feed import RemoteFeed, Source
from gateway.pdp.lifecycle.signing import read_verification_key


class Options(BaseModel):
    """Options of the policy engine in this process that follows another gateway's bundle service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/@?#\s]+/[^?#\s]+$")] = Field(
        description="The bundle, such as `https://gateway.example/bundles/custody`."
    )
    token: SecretStr = Field(description="API key there of a principal with the role policy-reader.")
    ca_file: Path | None = Field(
        default=None, description="Certificates to trust in place of the system's, as PEM."
    )
    environment: str = Field(default="default", description="Environment that bundles must be for.")
    name: str = Field(default="custody", description="Name that bundles must have.")
    keys: dict[str, Path] = Field(
        min_length=1, description="Whose bundles are taken: a public key's PEM file by key id."
    )
    cache: Path = Field(
        default=Path("policy-bundle.tar.gz"), description="Keeps the last good bundle, for a start without."
    )
    max_stale_s: float = Field(
        default=300,
        gt=0,
        description="Seconds that the last known policy decides without its service.",
    )
    form: Literal["auto", "interpreter"] = Field(
        default="auto",
        description="auto: compiled if it answers like the interpreter on all tests, else the interpreter.",
    )


class RemoteEngine:
    """A live engine over another gateway's bundle service."""

    def __init__(self, options: Options, new_id: IdSource) -> None:
        keys = {key_id: read_verification_key(path.read_bytes()) for key_id, path in options.keys.items()}
        self._feed = RemoteFeed(
            Source(options.url, options.token.get_secret_value(), options.ca_file),
            Trust(options.environment, options.name, keys),
            options.cache,
            time.time,
        )
        following = live.Options(form=options.form, max_stale_s=options.max_stale_s)
        self._engine = live.LiveEngine(following, new_id)

    @property
    def revision(self) -> str:
        """Revision of the active policy; empty before there is one."""
        return self._engine.revision

    async def start(self) -> None:
        """Gets the bundle, or the last good one, and follows from then on; a second time does nothing."""
        try:
            await self._engine.follow(self._feed)
        except BaseException:
            await self._feed.aclose()
            raise

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision on this request; raises ``PolicyUnavailable``."""
        return await self._engine.decide(request)

    async def aclose(self) -> None:
        """Stops following."""
        await self._engine.aclose()


def build(options: Options, *, new_id: IdSource | None = None) -> RemoteEngine:
    """The engine, which decides nothing until it was started; raises for a key that cannot be read."""
    return RemoteEngine(options, new_id or Uuid7())
