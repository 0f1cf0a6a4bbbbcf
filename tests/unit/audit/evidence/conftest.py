import os
from io import BytesIO
from pathlib import Path

import pytest

from audit.evidence import verifier
from audit.evidence.bundle import Evidence, Selection, write_bundle
from audit.keys import read_verifier
from audit.query import LogReader
from tests.unit.audit.evidence.bundles import MakeBundle, Verdict


@pytest.fixture
def make_bundle(closed_log: Path) -> MakeBundle:
    """Makes a bundle of entries ``first`` to before ``end``; the rest as given."""

    def make(first: int = 10, end: int = 14, where: object = None, **changes: object) -> bytes:
        known = read_verifier(closed_log.with_suffix(".pub"))
        with LogReader(closed_log) as reader:
            newest = reader.checkpoint(known)
            assert newest is not None
            chosen = Selection(first, end) if where is None else Selection(first, end, where)  # type: ignore[arg-type]
            evidence = {"selection": chosen, "note": newest[1], "verifier": known, **changes}
            out = BytesIO()
            write_bundle(reader, Evidence(**evidence), out)  # type: ignore[arg-type]
        return out.getvalue()

    make.database = closed_log  # type: ignore[attr-defined]  # for tests that need more of the log
    return make


@pytest.fixture
def verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verdict:
    """Runs the verifier over a bundle's bytes; gives exit status and report."""
    path = tmp_path / f"bundle-{os.getpid()}.zip"

    def judge(raw: bytes, *arguments: str) -> tuple[int, str]:
        path.write_bytes(raw)
        status = verifier.main([str(path), *arguments])
        return status, capsys.readouterr().out

    return judge
