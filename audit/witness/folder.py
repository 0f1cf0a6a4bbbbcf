"""Where a witness keeps its key and its ledger, on its department's own machine."""

import time
from dataclasses import dataclass
from pathlib import Path

from audit.cosignature import WitnessSigner
from audit.errors import LogUnusable
from audit.keys import create_key_file, read_key_file
from audit.witness.judge import WitnessJudge
from audit.witness.ledger import WitnessLedger

_KEY_PREFIX = "custody-witness-key-v1"
_KEY_FILE = "witness.key"
_PUBLIC_FILE = "witness.pub"
_LEDGER_FILE = "witness.db"


@dataclass(frozen=True, slots=True)
class WitnessHome:
    """An open witness: its key and what it remembers."""

    signer: WitnessSigner
    ledger: WitnessLedger

    def judge(self) -> WitnessJudge:
        """What answers logs, by this machine's clock."""
        return WitnessJudge(self.ledger, self.signer, lambda: int(time.time()))


def init_witness(folder: Path, name: str) -> WitnessHome:
    """Make a witness of that name, or open it if it is there; raises LogUnusable if it has another name."""
    create = not (folder / _KEY_FILE).exists()
    if create:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_key_file(folder / _KEY_FILE, _KEY_PREFIX, name)
    home = open_witness(folder)
    known = home.signer.witness.name
    if known != name:
        home.ledger.close()
        raise LogUnusable(f"The witness in {folder} is called {known}, and a witness keeps its name and key.")
    (folder / _PUBLIC_FILE).write_text(f"{home.signer.witness}\n")
    return home


def open_witness(folder: Path) -> WitnessHome:
    """Open a witness that is there; raises LogUnusable."""
    if not (folder / _KEY_FILE).exists():
        raise LogUnusable(
            f"There is no witness in {folder}: make one with `custody witness init --name NAME`."
        )
    signer = WitnessSigner(*read_key_file(folder / _KEY_FILE, _KEY_PREFIX))
    return WitnessHome(signer, WitnessLedger(folder / _LEDGER_FILE))
