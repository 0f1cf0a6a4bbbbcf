"""Continuous batching by transformers: the only file that imports torch and transformers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty
from typing import Literal

import orjson
import torch
import transformers
from safetensors.torch import save_file
from transformers.generation.continuous_batching.requests import GenerationOutput

from gateway.backends.local_answer import Tokens
from gateway.backends.local_model import PREPARING
from gateway.backends.local_request import Generation
from gateway.progress import Progress

_PAGE_TOKENS = 32
# Near enough to 0 that the likeliest token has all the probability; 0 itself would divide by nothing.
_GREEDY = 1e-5
_CRITICAL = 50


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What the engine may take: threads (0: all but one), answers at once, tokens of prompt and answer."""

    threads: int
    streams: int
    context_tokens: int
    device: Literal["auto", "cpu", "cuda"]


def convert(gguf: Path, into: Path, progress: Progress) -> None:
    """Writes the model in ``gguf`` as safetensors with its tokenizer, template and configuration."""
    transformers.utils.logging.disable_progress_bar()
    progress(PREPARING, 0.02)
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.save_pretrained(into)
    progress(PREPARING, 0.3)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16
    )
    progress(PREPARING, 0.85)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)  # the same tensor as the embeddings
    save_file(weights, into / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    for name in ("quantization_config", "_name_or_path"):
        config.pop(name, None)  # it is no GGUF any more, and paths of this machine stay out
    (into / "config.json").write_bytes(
        orjson.dumps(config, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    )
    model.generation_config.save_pretrained(into)


class ContinuousBatchingEngine:
    """A model in memory and the thread that runs its batch.

    ``submit`` and ``cancel`` belong to the event loop's thread; they put on a queue and return. Blocks of
    the key-value cache are never shared between requests: a shared prefix would answer faster, and so tell
    one department what another has asked.
    """

    def __init__(self, folder: Path, limits: EngineLimits) -> None:
        """Loads the model in ``folder``; takes seconds, so it belongs in a worker thread."""
        # Its log lines may hold token ids, which are the prompt; what matters is raised or delivered.
        transformers.utils.logging.set_verbosity(_CRITICAL)
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(limits.threads or max(1, torch.get_num_threads() - 1))
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.bfloat16,
            local_files_only=True,
            use_safetensors=True,
            attn_implementation="sdpa",
        ).to(_device(limits.device))
        self._end_ids = _end_ids(model.generation_config.eos_token_id)
        self._batch = model.init_continuous_batching(_sampling(model), _batching(limits))
        self._ids = count()
        self._batch.start()

    @property
    def control_texts(self) -> frozenset[str]:
        """Texts that the tokenizer takes for the borders of messages."""
        special = self._tokenizer.special_tokens_map.values()
        return frozenset(text for text in special if isinstance(text, str))

    def encode(self, messages: Sequence[tuple[str, str]]) -> list[int]:
        """The tokens of a conversation in the model's own template, ready to be answered."""
        turns = [{"role": role, "content": text} for role, text in messages]
        ids = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
        return list(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated tokens, without the end mark."""
        text = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    def submit(
        self, prompt: Sequence[int], generation: Generation, deliver: Callable[[Tokens], None]
    ) -> str | None:
        """Queues one answer and gives its id; None when the engine has stopped.

        ``deliver`` is called on the running event loop after each token.
        """
        if self._batch.background_thread_status.can_accept_new_requests() is not None:
            return None
        self._drop_strays()
        request_id = str(next(self._ids))
        self._batch.register_result_handler(request_id, lambda output: deliver(self._tokens(output)))
        greedy = generation.temperature < _GREEDY
        self._batch.add_request(
            list(prompt),
            request_id=request_id,
            max_new_tokens=generation.max_tokens,
            streaming=True,
            temperature=_GREEDY if greedy else generation.temperature,
            top_p=1.0 if greedy else max(generation.top_p, _GREEDY),
        )
        return request_id

    def cancel(self, request_id: str) -> None:
        """Takes an answer out of the batch before its next token; nothing more is delivered for it."""
        self._batch.output_router.result_handlers.pop(request_id, None)
        self._batch.cancel_request(request_id)
        self._drop_strays()

    def close(self) -> None:
        """Stops the thread, failing what is still running; blocks until it has ended (under a second)."""
        self._batch.stop(block=True, timeout=10, hard_stop=True)

    def _tokens(self, output: GenerationOutput) -> Tokens:
        ids = output.generated_tokens
        if not output.is_finished():
            return Tokens(ids, "")
        if output.error is not None:
            return Tokens(ids, "failed")
        return Tokens(ids, "stop" if ids and ids[-1] in self._end_ids else "length")

    def _drop_strays(self) -> None:
        """Removes what came for cancelled answers, which the library would keep for ever."""
        strays = self._batch.output_router.output_queue
        try:
            while True:
                strays.get_nowait()
        except Empty:
            return


def _device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def _end_ids(ids: int | list[int] | None) -> frozenset[int]:
    return frozenset([ids] if isinstance(ids, int) else ids or [])


def _sampling(model: transformers.PreTrainedModel) -> transformers.GenerationConfig:
    # Neither is neutral, or the batch would have no place for the temperature and top_p of each request.
    return transformers.GenerationConfig(
        do_sample=True,
        temperature=0.5,
        top_p=0.5,
        top_k=0,
        eos_token_id=model.generation_config.eos_token_id,
        pad_token_id=model.generation_config.pad_token_id,
    )


def _batching(limits: EngineLimits) -> transformers.ContinuousBatchingConfig:
    pages = -(-limits.context_tokens // _PAGE_TOKENS) + 1
    return transformers.ContinuousBatchingConfig(
        page_size=_PAGE_TOKENS,
        num_blocks=pages * limits.streams,
        max_batch_tokens=max(256, limits.streams),
        max_requests_per_batch=limits.streams,
        allow_block_sharing=False,
        per_request_processors=True,
        use_async_batching=False,
        use_cuda_graph=False,
        auto_switch_to_flash=False,
    )
