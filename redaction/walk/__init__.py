"""Every place of a chat request, reply or chunk where text can hide, and the way back."""

from redaction.walk.chat_chunk import Channel, ChunkWalk, Delta, Kind, chat_chunk, chunk_for, plain_delta
from redaction.walk.chat_reply import Part, ReplyWalk, chat_reply
from redaction.walk.chat_request import RequestWalk, chat_request

__all__ = [
    "Channel",
    "ChunkWalk",
    "Delta",
    "Kind",
    "Part",
    "ReplyWalk",
    "RequestWalk",
    "chat_chunk",
    "chat_reply",
    "chat_request",
    "chunk_for",
    "plain_delta",
]
