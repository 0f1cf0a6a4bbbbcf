"""Policy decisions by an OPA server."""

import asyncio
import re
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import aiohttp
import opa_client.opa_async
import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from gateway.domain import AccessRequest, Decision, JsonObject, JsonValue
from gateway.ids import Uuid7
from gateway.pdp.checks import ENTRY_POINT
from gateway.pdp.contract import DecisionContract, IdSource, unavailable

_PACKAGE, _RULE = ENTRY_POINT.removeprefix("data.").rsplit(".", 1)
_OLDEST = (1, 21, 3)
"""Older ones accept unsigned bundles where no key id is set."""

_PROVENANCE = {"provenance": "true"}
_NOT_AN_ANSWER = (ValueError, RecursionError, aiohttp.ClientError, OSError)


class Options(BaseModel):
    """Options of the policy engine that asks an OPA server (1.21.3 or newer)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/@?#\s]+$")] = Field(
        default="127.0.0.1", description="Host name or address of the server."
    )
    port: int = Field(default=8181, ge=1, le=65535, description="Port of the server.")
    tls: bool = Field(
        default=False, description="Speak TLS and verify the server; off only for loopback or a mesh."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates to trust in place of the system's, as PEM."
    )
    client_cert: Path | None = Field(
        default=None, description="Our own certificate and key in one PEM file, for mutual TLS."
    )
    token: SecretStr | None = Field(default=None, description="Bearer token that the server asks for.")
    timeout_s: float = Field(default=1.0, gt=0, le=30, description="Seconds for one decision, all included.")
    bundle: str = Field(
        default="",
        description="Name of the bundle whose revision counts; empty where the server has only one.",
    )
    revision: str = Field(
        default="",
        description="The only revision to accept; needed where the server loads its policy without a bundle.",
    )


class OpaServer:
    """Asks ``/v1/data/custody/access/decision`` of one OPA server, once for each decision.

    Nothing is tried again: what failed is a denial, and the caller's own retry asks anew. ``revision`` is
    that of the latest answer, and the one in the settings before there is any.
    """

    def __init__(self, options: Options, contract: DecisionContract) -> None:
        self._options = options
        self._contract = contract
        self._client: _Client | None = None
        self._opening = asyncio.Lock()
        self._revision = options.revision

    @property
    def revision(self) -> str:
        """Revision of the policy that gave the latest answer."""
        return self._revision

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision on this request; raises ``PolicyUnavailable``."""
        question = self._contract.question(request)
        answer = await self._ask(question)
        revision = self._revision_of(answer)
        if "result" not in answer:
            raise unavailable("the policy has no answer: the decision is undefined")
        decision = self._contract.decision(answer["result"], revision)
        self._revision = revision
        return decision

    async def aclose(self) -> None:
        """Close the connections to the server."""
        client, self._client = self._client, None
        if client is not None:
            await client.close_connection()

    async def _ask(self, question: JsonObject) -> JsonObject:
        try:
            client = await self._opened()
            answer = await client.query_rule(question, _PACKAGE, _RULE, _PROVENANCE)
        except aiohttp.ClientResponseError as error:
            raise unavailable(f"the OPA server answered {error.status}") from error
        except _NOT_AN_ANSWER as error:
            raise unavailable(f"the OPA server cannot be asked: {type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise unavailable("the OPA server did not answer with an object")
        return answer

    async def _opened(self) -> "_Client":
        # The connection pool belongs to an event loop, so it is opened by the first call on it.
        if self._client is not None:
            return self._client
        async with self._opening:
            if self._client is None:
                client = _Client(self._options)
                self._client = await client.__aenter__()
            return self._client

    def _revision_of(self, answer: JsonObject) -> str:
        _refuse_old(answer.get("provenance"))
        served = _served_revision(answer.get("provenance"), self._options.bundle)
        pinned = self._options.revision
        if pinned and served and served != pinned:
            raise unavailable(f"the OPA server has revision {served} in force, not {pinned}")
        if not (served or pinned):
            raise unavailable("the OPA server does not say which policy revision is in force")
        return served or pinned


class _Client(opa_client.opa_async.AsyncOpaClient):  # type: ignore[misc]  # the library has no types
    """opa-python-client's asynchronous client with our trust and encoding.

    Its own session knows neither a private CA nor a quick encoder, and it would repeat a failed
    evaluation for most of a second.
    """

    def __init__(self, options: Options) -> None:
        token = options.token.get_secret_value() if options.token else None
        super().__init__(
            host=options.host,
            port=options.port,
            ssl=options.tls,
            token=token,
            retries=0,
            timeout=options.timeout_s,
        )
        self._options = options

    async def _init_session(self) -> None:
        self._connector = aiohttp.TCPConnector(ssl=_trust(self._options))
        self._session = aiohttp.ClientSession(
            headers=self.headers,
            connector=self._connector,
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            json_serialize=_encode,
        )


def build(options: Options, *, new_id: IdSource | None = None) -> OpaServer:
    """The engine for the server in ``options``; it connects with the first decision."""
    return OpaServer(options, DecisionContract(new_id or Uuid7()))


def _trust(options: Options) -> ssl.SSLContext | Literal[True]:
    if not options.tls:
        return True
    context = ssl.create_default_context(cafile=options.ca_file)
    if options.client_cert is not None:
        context.load_cert_chain(options.client_cert)
    return context


def _encode(value: JsonValue) -> str:
    return orjson.dumps(value).decode()


def _refuse_old(provenance: JsonValue) -> None:
    """Refuses a server that says it is older than the first that always verifies bundles."""
    version = provenance.get("version") if isinstance(provenance, dict) else None
    if isinstance(version, str) and _is_old(version):
        raise unavailable(f"the OPA server is {version}; 1.21.3 is the oldest that verifies every bundle")


@lru_cache(maxsize=8)
def _is_old(version: str) -> bool:
    numbers = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+).*", version)
    return numbers is None or tuple(int(number) for number in numbers.groups()) < _OLDEST


def _served_revision(provenance: JsonValue, bundle: str) -> str:
    """The revision that the server says its answer comes from; empty where it does not say."""
    if not isinstance(provenance, dict):
        return ""
    bundles = provenance.get("bundles")
    if isinstance(bundles, dict) and bundles:
        # Without a name, several bundles are several revisions: none of them is the policy's.
        name = bundle or (next(iter(bundles)) if len(bundles) == 1 else "")
        entry = bundles.get(name)
        return str(entry.get("revision", "")) if isinstance(entry, dict) else ""
    single = provenance.get("revision")
    return single if isinstance(single, str) else ""
