"""Policy bundles as OPA defines them: built one way, signed, and read only if beyond doubt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import orjson

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.datafiles import DataFileBroken
from gateway.pdp.forms import Form
from gateway.pdp.lifecycle.archive import BundleRefused, read_archive, write_archive
from gateway.pdp.lifecycle.digests import ALGORITHM, canonical, file_digest
from gateway.pdp.lifecycle.signing import SigningKey, VerificationKey, verified
from gateway.pdp.source import PolicyRefused, PolicySource, read_files

MANIFEST, SIGNATURES = ".manifest", ".signatures.json"

_REGO_VERSION = 1


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose bundles are taken, and for which environment."""

    environment: str
    name: str
    keys: Mapping[str, VerificationKey]


@dataclass(frozen=True, slots=True)
class Evidence:
    """That a policy was checked before it was signed: by which versions, and which form came out as right."""

    checked_by: str
    form: Form

    @classmethod
    def now(cls, form: Form) -> "Evidence":
        """Evidence of a check by this installation."""
        return cls(_versions(), form)

    @property
    def of_this_version(self) -> bool:
        """Whether this installation would check the same again."""
        return self.checked_by == _versions()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was verified: whose signature it bears, and the policy in it, tests included.

    ``digest`` is the hex SHA-256 of the whole archive.
    """

    source: PolicySource
    key_id: str
    digest: str
    evidence: Evidence | None

    @property
    def revision(self) -> str:
        """The revision of its policy."""
        return self.source.revision


def policy_files(source: PolicySource) -> dict[str, bytes]:
    """The files of a policy, its tests included: they are the evidence that the compiled form is right."""
    return {**source.files, **{test.path: test.text.encode() for test in source.tests}}


def build_bundle(
    source: PolicySource,
    environment: str,
    name: str,
    key: SigningKey,
    evidence: Evidence | None = None,
) -> bytes:
    """The signed bundle of a policy for one environment; the same bytes for the same policy and RSA key."""
    files = policy_files(source)
    files[MANIFEST] = canonical(_manifest(source, environment, name, evidence))
    claims: JsonObject = {
        "files": [
            {"name": each, "hash": file_digest(each, files[each]), "algorithm": ALGORITHM}
            for each in sorted(files)
        ],
        "scope": environment,
        "keyid": key.id,
    }
    token = key.sign(orjson.dumps(claims, option=orjson.OPT_SORT_KEYS))
    files[SIGNATURES] = orjson.dumps({"signatures": [token]})
    return write_archive(files)


def read_bundle(content: bytes, trust: Trust) -> Bundle:
    """The bundle in these bytes.

    Raises ``BundleRefused`` unless it is signed by a trusted key, holds exactly the files that were signed,
    is of this environment and name, and its revision is that of its files.
    """
    files = read_archive(content)
    signatures, manifest = _taken(files, SIGNATURES), _json(_taken(files, MANIFEST), MANIFEST)
    key_id = _signed(signatures, {**files, MANIFEST: canonical(manifest)}, trust)
    try:
        source = read_files(files, Path(trust.name))
    except PolicyRefused as refused:
        raise BundleRefused(f"the policy in the bundle cannot be read: {refused}") from refused
    if set(policy_files(source)) != set(files):
        raise BundleRefused("the bundle holds files that are no policy")
    evidence = _evidence(manifest)
    if manifest != _manifest(source, trust.environment, trust.name, evidence):
        raise BundleRefused("the manifest is not that of this policy, environment and name")
    return Bundle(source, key_id, sha256(content).hexdigest(), evidence)


@cache
def _versions() -> str:
    return ", ".join(f"{each} {version(each)}" for each in ("custody-gateway", "gordon-to-regorus"))


def _evidence(manifest: JsonObject) -> Evidence | None:
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        return None
    checked_by, form = metadata.get("checked_by"), metadata.get("form")
    if not isinstance(checked_by, str):
        return None
    return Evidence(checked_by, "compiled" if form == "compiled" else "interpreter")


def _manifest(source: PolicySource, environment: str, name: str, evidence: Evidence | None) -> JsonObject:
    metadata: JsonObject = {"environment": environment, "name": name}
    if evidence is not None:
        metadata |= {"checked_by": evidence.checked_by, "form": evidence.form}
    roots = {"custody", *source.data, *(["tests"] if source.tests else [])}
    return {
        "revision": source.revision,
        "roots": [*sorted(roots)],
        "rego_version": _REGO_VERSION,
        "metadata": metadata,
    }


def _signed(signatures: bytes, files: Mapping[str, bytes], trust: Trust) -> str:
    """The id of the key that signed exactly these files for this environment."""
    stated = _json(signatures, SIGNATURES)
    tokens = stated.get("signatures")
    if set(stated) != {"signatures"} or not isinstance(tokens, list) or len(tokens) != 1:
        raise BundleRefused("the bundle must have one signature")
    key_id, payload = verified(str(tokens[0]), trust.keys)
    claims = _json(payload, "the signature")
    if claims.get("keyid") != key_id:
        raise BundleRefused("the signature claims another key than it is by")
    if claims.get("scope") != trust.environment:
        raise BundleRefused(f"the bundle is for {claims.get('scope')!r}, not {trust.environment!r}")
    _compare(dict(_claimed(claims.get("files"))), files)
    return key_id


def _compare(claimed: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    for name in sorted(claimed.keys() ^ files.keys()):
        where = "was signed and is missing" if name in claimed else "was added after signing"
        raise BundleRefused(f"{name} {where}")
    for name, content in sorted(files.items()):
        try:
            digest = file_digest(name, content)
        except (ValueError, RecursionError, DataFileBroken) as error:
            raise BundleRefused(f"{name} cannot be read: {error}") from error
        if digest != claimed[name]:
            raise BundleRefused(f"{name} was changed after signing")


def _claimed(entries: JsonValue) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("algorithm") != ALGORITHM:
            raise BundleRefused(f"each file must be signed by its {ALGORITHM}")
        name = str(entry.get("name"))
        if name in seen:
            raise BundleRefused(f"{name} was signed twice")
        seen.add(name)
        yield name, str(entry.get("hash"))


def _taken(files: dict[str, bytes], name: str) -> bytes:
    content = files.pop(name, None)
    if content is None:
        raise BundleRefused(f"the bundle has no {name}")
    return content


def _json(content: bytes, what: str) -> JsonObject:
    try:
        value: JsonValue = orjson.loads(content)
    except ValueError as error:
        raise BundleRefused(f"{what} is no JSON") from error
    if not isinstance(value, dict):
        raise BundleRefused(f"{what} is no JSON object")
    return value
