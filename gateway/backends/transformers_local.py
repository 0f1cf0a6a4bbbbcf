"""A small model in the gateway's own process, through transformers' continuous batching."""

import asyncio
import importlib.util
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, DirectoryPath, Field

from gateway.backends import local_model
from gateway.backends.base import ModelCall
from gateway.backends.daemon_thread import run_in_daemon_thread
from gateway.backends.local_answer import Engine, EngineStopped, Step, answer_steps
from gateway.backends.local_model import LocalModelMissing
from gateway.backends.local_request import Defaults, Generation, parse_generation
from gateway.domain import JsonObject, UnscannedChunks, UnscannedReply
from gateway.errors import BackendUnavailable, InvalidBody
from gateway.progress import Progress, silent

PRODUCTION: Final = True
# No tokenizer's tokens are longer on average: a prompt with more characters is too long before it is counted.
_CHARS_PER_TOKEN = 64


class Options(BaseModel):
    """Which model runs, and how much of the machine it may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: DirectoryPath | None = Field(
        None, description="Folder with a model in safetensors; without it, the model that comes along."
    )
    cache_dir: Path | None = Field(
        None, description="Where the model that comes along is kept once converted; empty: the user's cache."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where it runs; `auto` takes CUDA when it is there."
    )
    threads: int = Field(0, ge=0, description="Processor threads that compute; 0: one less than there are.")
    streams: int = Field(8, gt=0, le=256, description="Answers that are generated at once.")
    waiting: int = Field(32, ge=0, description="Calls that may wait for their turn; more are refused (503).")
    context_tokens: int = Field(
        2048, ge=64, description="Longest prompt and answer together, in tokens; memory is kept for it."
    )
    max_tokens: int = Field(512, gt=0, description="Longest answer, whatever a caller asks for, in tokens.")
    temperature: float = Field(0.2, ge=0, le=2, description="Temperature when the caller gives none.")
    top_p: float = Field(0.9, ge=0, le=1, description="top_p when the caller gives none.")
    total_timeout_s: float = Field(300, gt=0, description="Longest time for an answer, in seconds.")


class LoadedModel(Engine, Protocol):
    """An engine with the tokenizer of its model."""

    @property
    def control_texts(self) -> frozenset[str]:
        """Texts that the tokenizer takes for the borders of messages."""

    def encode(self, messages: Sequence[tuple[str, str]]) -> list[int]:
        """The tokens of a conversation, ready to be answered."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated tokens."""


Load = Callable[[Progress], LoadedModel]


def build(options: Options) -> "TransformersBackend":
    """The model that these options name, not loaded yet.

    Raises ``LocalModelMissing`` when the files or the libraries that it takes are not installed.
    """
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise LocalModelMissing(f"{' and '.join(missing)} not installed; run `make setup`.")
    if options.folder is None:
        local_model.shipped_gguf()
    return TransformersBackend(options, lambda progress: _load(options, progress), time.time)


class TransformersBackend:
    """A model in this process; several answers are generated in one batch.

    It is loaded by ``start``, or by the first call. Raises ``UnsupportedParameter`` and ``InvalidBody``
    for what the model cannot do, and ``BackendUnavailable`` when it is full or not there.
    """

    def __init__(self, options: Options, load: Load, now: Callable[[], float]) -> None:
        self._options = options
        self._load = load
        self._defaults = Defaults(options.max_tokens, options.temperature, options.top_p)
        self._loading: asyncio.Task[LoadedModel] | None = None
        self._now = now
        self._calls = 0
        self._closed = False
        # Tokenizing a long prompt takes a while; one thread is enough for as many as can be answered.
        self._tokenizing = anyio.CapacityLimiter(1)

    async def start(self, progress: Progress = silent) -> None:
        """Loads the model, converting it first where that was never done.

        Raises ``LocalModelMissing``, whose message says what to run.
        """
        await self._loaded(progress)

    async def complete(self, call: ModelCall) -> UnscannedReply:
        """The whole answer at once."""
        generation = parse_generation(call.prompt.body, self._defaults)
        pieces: list[str] = []
        finish, tokens = "", 0
        with self._place():
            turn = await self._turn(generation)
            async with aclosing(self._steps(turn)) as steps:
                async for step in steps:
                    pieces.append(step.text)
                    finish, tokens = step.finish, step.tokens
        message: JsonObject = {"role": "assistant", "content": "".join(pieces)}
        choice: JsonObject = {"index": 0, "message": message, "finish_reason": finish}
        frame = _frame(call, "chat.completion", int(self._now()))
        return UnscannedReply({**frame, "choices": [choice], "usage": _usage(turn, tokens)})

    async def stream(self, call: ModelCall) -> AsyncGenerator[UnscannedChunks, None]:
        """The answer piece by piece; closing the generator takes the request out of the batch."""
        generation = parse_generation(call.prompt.body, self._defaults)
        frame = _frame(call, "chat.completion.chunk", int(self._now()))
        tokens = 0
        with self._place():
            turn = await self._turn(generation)
            async with aclosing(self._steps(turn)) as steps:
                async for step in steps:
                    tokens = step.tokens
                    yield _chunk(frame, step)
        yield UnscannedChunks(({**frame, "choices": [], "usage": _usage(turn, tokens)},))

    async def aclose(self) -> None:
        """Stops the engine; answers that are still being generated fail."""
        self._closed = True
        await self._drop()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._closed or self._calls >= self._options.streams + self._options.waiting:
            raise _unavailable("closed" if self._closed else "streams and waiting calls are at their limit")
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    async def _turn(self, generation: Generation) -> "_Turn":
        try:
            model = await self._loaded(silent)
        except LocalModelMissing as error:
            raise _unavailable(str(error)) from error
        _refuse_unreadable(generation, model.control_texts, self._options.context_tokens)
        encode = partial(model.encode, generation.messages)
        prompt = await anyio.to_thread.run_sync(encode, limiter=self._tokenizing)
        room = self._options.context_tokens - len(prompt)
        if room < 1:
            raise _too_long(self._options.context_tokens)
        return _Turn(model, prompt, replace(generation, max_tokens=min(generation.max_tokens, room)))

    async def _steps(self, turn: "_Turn") -> AsyncGenerator[Step, None]:
        end = asyncio.get_running_loop().time() + self._options.total_timeout_s
        try:
            async with aclosing(
                answer_steps(turn.model, turn.model.decode, turn.prompt, turn.generation, end)
            ) as steps:
                async for step in steps:
                    yield step
        except EngineStopped:
            # Loaded anew by the next call: an engine whose thread died never answers again.
            await self._drop()
            raise _unavailable("the engine stopped") from None

    async def _loaded(self, progress: Progress) -> LoadedModel:
        if self._loading is None:
            self._loading = asyncio.ensure_future(run_in_daemon_thread(partial(self._load, progress)))
        loading = self._loading
        try:
            # Shielded: the call that happens to load the model may be given up, the loading not.
            return await asyncio.shield(loading)
        except LocalModelMissing:
            if self._loading is loading:
                self._loading = None  # the next call looks again
            raise

    async def _drop(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            model = await loading
            await run_in_daemon_thread(model.close)


@dataclass(frozen=True, slots=True, repr=False)
class _Turn:
    model: LoadedModel
    prompt: Sequence[int]
    generation: Generation


def _load(options: Options, progress: Progress) -> LoadedModel:
    # Seconds of imports, which only a gateway that runs a local model pays for.
    from gateway.backends import local_engine  # noqa: PLC0415

    folder = options.folder
    if folder is None:
        cache = options.cache_dir or local_model.default_cache()
        model = local_model.prepare_model(local_model.shipped_gguf(), cache, local_engine.convert, progress)
        model.check_weights()
        folder = model.folder
    limits = local_engine.EngineLimits(
        options.threads, options.streams, options.context_tokens, options.device
    )
    return local_engine.ContinuousBatchingEngine(folder, limits)


def _refuse_unreadable(generation: Generation, control_texts: frozenset[str], context: int) -> None:
    texts = [text for _, text in generation.messages]
    if sum(map(len, texts)) > context * _CHARS_PER_TOKEN:
        raise _too_long(context)
    if any(control in text for control in control_texts for text in texts):
        # It would read as the border of a message, and so let a text speak in another role.
        raise InvalidBody("A message holds a control text of the model.", param="messages")


def _too_long(context: int) -> InvalidBody:
    return InvalidBody(f"The conversation is longer than the model's {context} tokens.", param="messages")


def _unavailable(reason_admin: str) -> BackendUnavailable:
    return BackendUnavailable(
        "The local model has no room or is not there; try again shortly.", reason_admin=reason_admin
    )


def _frame(call: ModelCall, kind: str, created: int) -> JsonObject:
    return {"id": f"chatcmpl-{call.request_id}", "object": kind, "created": created, "model": call.model}


def _usage(turn: _Turn, completion: int) -> JsonObject:
    prompt = len(turn.prompt)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _chunk(frame: JsonObject, step: Step) -> UnscannedChunks:
    choice: JsonObject = {
        "index": 0,
        "delta": {"role": "assistant", "content": step.text},
        "finish_reason": step.finish or None,
    }
    return UnscannedChunks(({**frame, "choices": [choice]},))
