"""``python -m tests.conformance``: run OPA's cases and write ``gateway/pdp/CONFORMANCE.md``."""

import os
import sys
from pathlib import Path

from tests.conformance.cases import ARCHIVE, read_cases
from tests.conformance.report import document, run

REPORT = Path(__file__).resolve().parents[2] / "gateway" / "pdp" / "CONFORMANCE.md"


def main() -> None:
    """Write the report from the archive in the folder of CUSTODY_TEST_DATA."""
    archive = Path(os.environ.get("CUSTODY_TEST_DATA", "../shared/data")) / ARCHIVE
    if not archive.is_file():
        sys.exit(f"There is no {archive}: CUSTODY_TEST_DATA names the folder that holds {ARCHIVE}.")
    REPORT.write_text(document(list(run(read_cases(archive)))), "utf-8")


if __name__ == "__main__":
    main()
