"""How the gateway listens, what it calls, and what it looks for in prompts."""

from pydantic import Field

from gateway.settings.base import Name, PluginSettings, Section


class ServerSettings(Section):
    """Where and how the gateway listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    max_body_bytes: int = Field(10_000_000, gt=0, description="Largest request body, in bytes.")
    max_header_bytes: int = Field(32_768, gt=0, description="Largest set of request headers, in bytes.")
    body_timeout_s: float = Field(
        30, gt=0, description="Longest wait for the next piece of a body, in seconds."
    )
    send_timeout_s: float = Field(60, gt=0, description="Longest wait for a client to read, in seconds.")
    stop_timeout_s: int = Field(7, gt=0, description="Seconds that open answers get to finish on a stop.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-]+)*)?$",
        description="Where clients reach the gateway, for documents that name it; empty: host and port.",
    )


class BackendSettings(PluginSettings):
    """A model server; assets name it."""

    name: Name = Field(description="What assets call this backend.")


class RedactionSettings(Section):
    """What looks for sensitive text, and how much it may take."""

    detectors: tuple[PluginSettings, ...] = Field(
        (), min_length=1, description="Detectors, each a kind and its options; at least one."
    )
    deadline_s: float = Field(20, gt=0, description="Seconds that the detectors get for one request.")
    workers: int = Field(1, gt=0, le=64, description="Threads that run heavy detectors.")
    memory_entries: int = Field(20_000, ge=0, description="Text parts whose findings are remembered.")
