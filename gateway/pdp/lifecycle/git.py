"""A policy out of a git repository: the files of one commit, as objects; nothing is checked out or run."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gateway.pdp.source import MAX_FILE_BYTES

_GIT_S = 30
_MAX_FILES = 5000
_PLAIN = {"100644", "100755"}

# Nothing of this machine's or this user's settings, no prompt, no network, no replaced objects. What remains
# is the repository's own configuration, and no command below runs anything that it could name.
_ENVIRONMENT: Mapping[str, str] = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never", "safe.directory=*")


class GitRefused(Exception):
    """A repository or commit cannot be read as a policy; the message says why."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The files below a folder of one commit, by path from there; ``id`` is the full name of the commit."""

    id: str
    files: Mapping[str, bytes]


def read_commit(repository: Path, name: str, folder: str = "") -> Commit:
    """The policy files of a commit in a bare repository or a working one.

    Raises ``GitRefused`` for a name that is no commit, for links and submodules, and for what is too large.
    """
    git = _Git(_git_folder(repository))
    commit = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    commit_id = commit.decode().strip()
    blobs = list(_blobs(git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit_id), _folder(folder)))
    if len(blobs) > _MAX_FILES:
        raise GitRefused(f"more than {_MAX_FILES} files")
    asked = "".join(f"{blob.id}\n" for blob in blobs).encode()
    contents = _contents(git.run("cat-file", "--batch", given=asked), blobs)
    return Commit(commit_id, dict(zip((blob.path for blob in blobs), contents, strict=True)))


@dataclass(frozen=True, slots=True)
class _Git:
    folder: Path

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        command = ["git", f"--git-dir={self.folder}", "--no-pager", *settings, *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and whatever a caller gives stands behind an option's end
                command,
                input=given,
                env=dict(_ENVIRONMENT),
                cwd="/",
                capture_output=True,
                check=False,
                timeout=_GIT_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitRefused(f"git cannot be run: {type(error).__name__}") from error
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip().splitlines()
            raise GitRefused(told[0] if told else "there is no such commit")
        return done.stdout


@dataclass(frozen=True, slots=True)
class _Blob:
    id: str
    size: int
    path: str


def _blobs(listing: bytes, folder: str) -> Iterator[_Blob]:
    for entry in listing.split(b"\0"):
        if not entry:
            continue
        facts, _, raw = entry.partition(b"\t")
        mode, kind, blob, size = facts.decode().split()
        path = _decoded(raw)
        if not path.startswith(folder) or PurePosixPath(path).suffix == ".md":
            continue
        if kind != "blob" or mode not in _PLAIN:
            raise GitRefused(f"{path}: links and submodules are not followed")
        if int(size) > MAX_FILE_BYTES:
            raise GitRefused(f"{path}: longer than {MAX_FILE_BYTES} bytes")
        yield _Blob(blob, int(size), path.removeprefix(folder))


def _contents(output: bytes, blobs: list[_Blob]) -> Iterator[bytes]:
    """What ``cat-file --batch`` wrote: for each object a line of its id, kind and size, then its bytes."""
    at = 0
    for blob in blobs:
        head = f"{blob.id} blob {blob.size}\n".encode()
        if not output.startswith(head, at):
            raise GitRefused(f"{blob.path}: the repository does not give what it lists")
        at += len(head)
        yield output[at : at + blob.size]
        at += blob.size + 1


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise GitRefused("a file's name is not UTF-8") from error


def _folder(folder: str) -> str:
    parts = PurePosixPath(folder).parts
    if folder.startswith("/") or ".." in parts:
        raise GitRefused("the folder must be a path inside the repository")
    return "/".join(parts) + "/" if parts else ""


def _git_folder(repository: Path) -> Path:
    inner = repository / ".git"
    found = inner if inner.is_dir() else repository
    if not (found / "HEAD").is_file():
        raise GitRefused(f"{repository} is no git repository")
    return found.resolve()
