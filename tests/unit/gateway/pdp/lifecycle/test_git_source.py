import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.pdp.lifecycle.git import GitRefused, read_commit
from gateway.pdp.source import MAX_FILE_BYTES

if shutil.which("git") is None:
    pytest.skip("needs `git` on the PATH (Debian package git)", allow_module_level=True)

_WHO = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *arguments: str) -> str:
    """Runs git in a folder."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **_WHO}, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits of a policy folder."""
    folder = tmp_path / "work"
    (folder / "policies" / "lib").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "policies" / "main.rego").write_text("package custody.access\n")
    (folder / "policies" / "lib" / "ä b.rego").write_text("package custody.lib\n")
    (folder / "policies" / "README.md").write_text("words\n")
    (folder / "other.txt").write_text("not a policy\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "v1")
    (folder / "policies" / "main.rego").write_text("package custody.access\n\nx := 1\n")
    git(folder, "commit", "-qam", "two")
    return folder


def test_a_commit_is_read_as_it_was(repository: Path, tmp_path: Path) -> None:
    """A commit gives the files of its folder, from a working and from a bare repository."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    (repository / "policies" / "main.rego").write_text("never committed")
    for place in (repository, bare):
        old, new = read_commit(place, "v1", "policies"), read_commit(place, "main", "policies/")
        assert old.id == git(repository, "rev-parse", "v1")
        assert old.files == {
            "main.rego": b"package custody.access\n",
            "lib/ä b.rego": b"package custody.lib\n",
        }
        assert new.files["main.rego"] == b"package custody.access\n\nx := 1\n"


@pytest.mark.parametrize("name", ["nothing", "--help", "HEAD:policies", "", "-n1", "v1 v1", "$(id)"])
def test_a_name_that_is_no_commit_is_refused(repository: Path, name: str) -> None:
    """Options, paths and nonsense in place of a commit's name are refused."""
    with pytest.raises(GitRefused):
        read_commit(repository, name)


@pytest.mark.parametrize("folder", ["../elsewhere", "/etc"])
def test_a_folder_outside_is_refused(repository: Path, folder: str) -> None:
    """Only folders inside the repository can be named."""
    with pytest.raises(GitRefused, match="inside"):
        read_commit(repository, "main", folder)


def test_links_are_not_followed(repository: Path) -> None:
    """A link, which could bring in any file of the machine, is refused."""
    (repository / "policies" / "more.rego").symlink_to("/etc/passwd")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "link")
    with pytest.raises(GitRefused, match="links"):
        read_commit(repository, "main", "policies")


def test_what_is_too_large_is_refused_before_it_is_read(repository: Path) -> None:
    """A blob over the limit of a policy file is refused by its listed size."""
    (repository / "policies" / "data.json").write_bytes(b" " * (MAX_FILE_BYTES + 1))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "large")
    with pytest.raises(GitRefused, match="longer"):
        read_commit(repository, "main", "policies")


def test_nothing_of_the_repository_is_run(repository: Path, tmp_path: Path) -> None:
    """Hooks, filters, monitors and replaced objects of a hostile repository have no effect."""
    told = tmp_path / "told"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {told}\n")
    script.chmod(0o755)
    for setting in ("core.fsmonitor", "filter.x.smudge", "core.sshCommand", "diff.x.textconv", "core.pager"):
        git(repository, "config", setting, str(script))
    (repository / ".git" / "info" / "attributes").write_text("*.rego filter=x diff=x\n")
    shutil.copy(script, repository / ".git" / "hooks" / "post-checkout")
    blobs = [git(repository, "rev-parse", f"{name}:policies/main.rego") for name in ("main", "v1")]
    git(repository, "replace", *blobs)
    told.unlink(missing_ok=True)
    assert read_commit(repository, "main", "policies").files["main.rego"].endswith(b"x := 1\n")
    assert not told.exists()


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    """Without a repository there is a reason, and git looks for none further up."""
    with pytest.raises(GitRefused, match="no git repository"):
        read_commit(tmp_path, "main")
