import base64
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

POLICY = {"main.rego": b"package custody.access\n", "data.json": b"{}\n"}
WITNESS = "audit.example/witness"

MakeBundle = Callable[..., bytes]
Verdict = Callable[..., tuple[int, str]]


def revision(files: dict[str, bytes]) -> str:
    """The digest of a policy folder, as gateway/pdp/source.py defines it."""
    digest = sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}{len(content)}:".encode() + content)
    return digest.hexdigest()


class Witness:
    """A witness that cosigns whatever it is shown (C2SP tlog-cosignature, Ed25519)."""

    def __init__(self, name: str = WITNESS) -> None:
        self._name = name
        self._key = Ed25519PrivateKey.generate()
        self._raw = b"\x04" + self._key.public_key().public_bytes_raw()
        self._id = sha256(name.encode() + b"\n" + self._raw).digest()[:4]

    @property
    def vkey(self) -> str:
        """Its verifier key."""
        return f"{self._name}+{self._id.hex()}+{base64.b64encode(self._raw).decode()}"

    def cosign(self, note: str, moment: int = 1_764_000_000) -> str:
        """The note with this witness's line."""
        body = note.rpartition("\n\n")[0] + "\n"
        signature = self._key.sign(f"cosignature/v1\ntime {moment}\n{body}".encode())
        line = base64.b64encode(self._id + moment.to_bytes(8, "big") + signature).decode()
        return f"{note}\u2014 {self._name} {line}\n"
