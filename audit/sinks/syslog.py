"""A syslog collector: RFC 5424 messages by TCP (RFC 6587), TLS (RFC 5425), UDP or Unix socket."""

import os
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath, model_validator

from audit.errors import SinkUnavailable
from audit.query import Located
from audit.sinks.base import line

_LOG_AUDIT, _NOTICE = 13, 5
_PRIORITY = _LOG_AUDIT * 8 + _NOTICE
# What one datagram holds on every kind of network (RFC 5426 section 3.2 asks for no more than this).
_DATAGRAM = 65_507


class Options(BaseModel):
    """Where the collector listens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transport: Literal["tcp", "tls", "udp", "unix"] = Field("tcp", description="How it is reached.")
    host: str = Field("127.0.0.1", description="Its host, for all but `unix`.")
    port: int = Field(514, ge=1, le=65535, description="Its port, for all but `unix`.")
    path: Path | None = Field(None, description="Its socket, for `unix`: a datagram socket like /dev/log.")
    ca_file: FilePath | None = Field(None, description="PEM file of the authorities to trust, for `tls`.")
    hostname: str = Field("-", pattern=r"^[!-~]{1,255}$", description="What the messages say they come from.")
    timeout_s: float = Field(5, gt=0, description="Longest wait for the collector, in seconds.")

    @model_validator(mode="after")
    def _has_a_socket(self) -> "Options":
        if (self.transport == "unix") != (self.path is not None):
            raise ValueError("path belongs to transport `unix`, which needs it")
        return self


def build(options: Options) -> "Syslog":
    """The collector; connects with the first entry."""
    return Syslog(options)


class Syslog:
    """Sends one message an entry. Syslog has no answer: what is sent and not read by a dead peer is lost.

    So a stream's peer is looked at before each batch, and what a broken connection may have swallowed (the
    batch that failed) is sent again. ``udp`` loses silently by its nature.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._socket: socket.socket | None = None

    def deliver(self, entries: Sequence[Located]) -> None:
        """Sends the entries."""
        messages = [self._message(each) for each in entries]
        try:
            connected = self._connected()
            if self._options.transport in {"udp", "unix"}:
                for message in messages:
                    connected.send(message)
            else:
                connected.sendall(b"".join(b"%d %s" % (len(message), message) for message in messages))
        except OSError as error:
            self.close()
            raise SinkUnavailable(f"syslog: {error.strerror or type(error).__name__}") from error

    def close(self) -> None:
        """Ends the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _message(self, located: Located) -> bytes:
        entry = located.entry
        at = datetime.fromtimestamp(entry.wall_us / 1_000_000, UTC).isoformat(timespec="microseconds")
        head = f"<{_PRIORITY}>1 {at.replace('+00:00', 'Z')} {self._options.hostname} custody {os.getpid()}"
        message = f"{head} {entry.record.type.value} - ".encode() + line(located)
        if self._options.transport == "udp" and len(message) > _DATAGRAM:
            raise SinkUnavailable(
                f"syslog: entry {located.index} is longer than a datagram; use transport `tcp` or `tls`"
            )
        return message

    def _connected(self) -> socket.socket:
        if self._socket is not None and self._options.transport in {"tcp", "tls"} and _gone(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connect()
        return self._socket

    def _connect(self) -> socket.socket:
        options = self._options
        if options.transport == "unix":
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            made.settimeout(options.timeout_s)
            made.connect(str(options.path))
            return made
        if options.transport == "udp":
            family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_DGRAM)[0]
            made = socket.socket(family[0], socket.SOCK_DGRAM)
            made.connect(family[4])
            return made
        made = socket.create_connection((options.host, options.port), options.timeout_s)
        if options.transport == "tls":
            context = ssl.create_default_context(cafile=options.ca_file)
            made = context.wrap_socket(made, server_hostname=options.host)
        return made


def _gone(connection: socket.socket) -> bool:
    """Whether the peer has closed: a collector never sends, so anything to read is its end."""
    patience = connection.gettimeout()
    connection.settimeout(0)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(patience)
