"""The parameters of a chat request: forwarded, scanned, accepted and left out, or refused."""

from typing import Final

from redaction.walk.json_text import free_object
from redaction.walk.messages import MESSAGE, TEXT_PARTS
from redaction.walk.table import (
    Rule,
    amount,
    array,
    dropped,
    either,
    flag,
    integer,
    number,
    record,
    text,
    unscannable,
    variants,
    word,
)

_NAMED: Final = record({"name": text}, required=("name",))
_FUNCTION: Final = record(
    {"name": text, "description": text, "parameters": free_object, "strict": flag}, required=("name",)
)
_GRAMMAR: Final = record({"definition": text, "syntax": word("lark", "regex")}, required=("definition",))
_FORMAT: Final = variants(
    "type",
    {
        "text": record({"type": word("text")}),
        "grammar": record({"type": word("grammar"), "grammar": _GRAMMAR}, required=("grammar",)),
    },
)
_CUSTOM: Final = record({"name": text, "description": text, "format": _FORMAT}, required=("name",))
_TOOL: Final = variants(
    "type",
    {
        "function": record(
            {"type": word("function"), "function": _FUNCTION, "defer_loading": dropped(flag)},
            required=("function",),
        ),
        "custom": record({"type": word("custom"), "custom": _CUSTOM}, required=("custom",)),
    },
)
_CHOSEN: Final[dict[str, Rule]] = {
    "function": record({"type": word("function"), "function": _NAMED}, required=("function",)),
    "custom": record({"type": word("custom"), "custom": _NAMED}, required=("custom",)),
}
_ALLOWED: Final = record(
    {"mode": word("auto", "required"), "tools": array(variants("type", _CHOSEN))}, required=("mode", "tools")
)
_TOOL_CHOICE: Final = either(
    "a string or an object",
    string=word("none", "auto", "required"),
    fields=variants(
        "type",
        {
            **_CHOSEN,
            "allowed_tools": record(
                {"type": word("allowed_tools"), "allowed_tools": _ALLOWED}, required=("allowed_tools",)
            ),
        },
    ),
)
_SCHEMA: Final = record(
    {"name": text, "description": text, "schema": free_object, "strict": flag}, required=("name",)
)
_RESPONSE_FORMAT: Final = variants(
    "type",
    {
        "text": record({"type": word("text")}),
        "json_object": record({"type": word("json_object")}),
        "json_schema": record(
            {"type": word("json_schema"), "json_schema": _SCHEMA}, required=("json_schema",)
        ),
    },
)
_TEXTS: Final = either("a string or a list of strings", string=text, items=array(text))
_GUIDE: Final = either("a string or an object", string=text, fields=free_object)

_SCANNED: Final[dict[str, Rule]] = {
    "messages": array(MESSAGE, least=1),
    "stop": _TEXTS,
    "tools": array(_TOOL),
    "tool_choice": _TOOL_CHOICE,
    "functions": array(_FUNCTION),
    "function_call": either("a string or an object", string=word("none", "auto"), fields=_NAMED),
    "response_format": _RESPONSE_FORMAT,
    "prediction": record(
        {
            "type": word("content"),
            "content": either("a string or a list of text parts", string=text, items=array(TEXT_PARTS)),
        },
        required=("content",),
    ),
    # vLLM's: guided decoding under its old names and its new one, and what chat templates are given.
    "guided_json": _GUIDE,
    "guided_regex": text,
    "guided_choice": array(text),
    "guided_grammar": text,
    "structured_outputs": record(
        {
            "json": _GUIDE,
            "regex": text,
            "choice": array(text),
            "grammar": text,
            "json_object": flag,
            "disable_any_whitespace": flag,
            "disable_additional_properties": flag,
            "whitespace_pattern": text,
        }
    ),
    "guided_whitespace_pattern": text,
    "bad_words": array(text),
    "documents": array(free_object),
    "chat_template_kwargs": free_object,
}

_NUMBERS: Final = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "length_penalty",
)
_INTEGERS: Final = (
    "min_tokens",
    "seed",
    "top_k",
    "truncate_prompt_tokens",
    "thinking_token_budget",
)
_AMOUNTS: Final = {
    "n": 128,
    "best_of": 128,
    "max_tokens": 2**31 - 1,
    "max_completion_tokens": 2**31 - 1,
    "stream_interval": 10_000,
}
_FLAGS: Final = (
    "parallel_tool_calls",
    "ignore_eos",
    "skip_special_tokens",
    "spaces_between_special_tokens",
    "include_stop_str_in_output",
    "use_beam_search",
    "include_reasoning",
    "add_generation_prompt",
    "continue_final_message",
    "add_special_tokens",
    "watermarking",
)
_FORWARDED: Final[dict[str, Rule]] = {
    **dict.fromkeys(_NUMBERS, number),
    **dict.fromkeys(_INTEGERS, integer),
    **{name: amount(most) for name, most in _AMOUNTS.items()},
    **dict.fromkeys(_FLAGS, flag),
    "stop_token_ids": array(integer),
    "reasoning_effort": word("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "verbosity": word("low", "medium", "high"),
    "truncation_side": word("left", "right"),
    "repetition_detection": record(
        {"max_pattern_size": integer, "min_pattern_size": integer, "min_count": integer}
    ),
}

_LEFT_OUT: Final[dict[str, Rule]] = {
    # The backend sets these three itself, from the asset and from what the gateway needs to know.
    "model": dropped(text),
    "stream": dropped(flag),
    "stream_options": dropped(
        record({"include_usage": flag, "include_obfuscation": flag, "continuous_usage_stats": flag})
    ),
    # They name persons or sessions to a provider; the gateway keeps its own account of who calls.
    "user": dropped(text),
    "safety_identifier": dropped(text),
    "prompt_cache_key": dropped(text),
    "prompt_cache_retention": dropped(text),
    "prompt_cache_options": dropped(free_object),
    "session_id": dropped(text),
    "request_id": dropped(text),
    # Prefix caches are kept apart by department, whatever a caller asks for.
    "cache_salt": dropped(text),
    # A copy at the provider, and labels for it: the audit log is the one record of a call.
    "store": dropped(flag),
    "metadata": dropped(free_object),
    # How calls are queued is decided by policy, not by the caller.
    "service_tier": dropped(text),
    "priority": dropped(integer),
    "guided_decoding_backend": dropped(text),
    # They shape what a server that only renders prompts would answer.
    "return_mm_kwargs": dropped(flag),
    "routed_experts_prompt_start": dropped(integer),
    # Text is the only modality there is; naming it asks for nothing.
    "modalities": unscannable("any modality but text", unless=(["text"],)),
    # Each asks for nothing when it is off.
    "logprobs": unscannable("the probabilities of other texts than the reply's", unless=(False,)),
    "top_logprobs": unscannable("the probabilities of other texts than the reply's", unless=(0,)),
    "prompt_logprobs": unscannable("the probabilities of other texts than the prompt's", unless=(0,)),
    "echo": unscannable("a prompt that is echoed in the reply", unless=(False,)),
    "return_prompt_text": unscannable("a prompt that is echoed in the reply", unless=(False,)),
    "return_token_offsets": unscannable("token offsets", unless=(False,)),
    "return_token_ids": unscannable("token ids", unless=(False,)),
    "return_tokens_as_token_ids": unscannable("token ids", unless=(False,)),
}

_REFUSED: Final[dict[str, Rule]] = {
    "audio": unscannable("audio"),
    "moderation": unscannable("what a moderation service is sent"),
    "web_search_options": unscannable("what a search provider is sent"),
    "prompt": unscannable("a prompt beside the messages"),
    "prompt_token_ids": unscannable("token ids"),
    "prompt_embeds": unscannable("embeddings"),
    "logit_bias": unscannable("token ids", unless=({},)),
    "logprob_token_ids": unscannable("token ids", unless=([],)),
    "allowed_token_ids": unscannable("token ids", unless=([],)),
    "chat_template": unscannable("a template that puts text together"),
    "logits_processors": unscannable("code", unless=([],)),
    "mm_processor_kwargs": unscannable("other content than text", unless=({},)),
    "media_io_kwargs": unscannable("other content than text", unless=({},)),
    "ec_transfer_params": unscannable("a cached prompt", unless=({},)),
    "kv_transfer_params": unscannable("a cached prompt", unless=({},)),
    "vllm_xargs": unscannable("arguments of unknown meaning", unless=({},)),
}

REQUEST: Final = record({**_SCANNED, **_FORWARDED, **_LEFT_OUT, **_REFUSED}, required=("messages",))
