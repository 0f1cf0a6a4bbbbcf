"""Checks an evidence bundle of an audit log: reads that file, opens no connection and runs nothing else.

    python3 verify.py BUNDLE.zip [--key VKEY] [--witness VKEY ...] [--quorum N]

Needs Python 3.10 or newer and the package `cryptography`. The exit status is 0 only if everything holds.
Without --key the log's key is taken from the bundle: compare it with the one that the log's operator and its
witnesses publish. --witness adds a witness that you trust; --quorum says how many must have cosigned.

Read in this order: main, then the checks from top to bottom. What the formats are called elsewhere:
RFC 6962 (the tree), C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof; RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import struct
import sys
import zlib
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "custody-evidence/1"
FIXED = {"README.txt", "checkpoint", "entries.jsonl", "log.pub", "manifest.json", "proofs.txt", "verify.py"}
OPTIONAL = {"receipts.txt", "witnesses.pub"}
MEMBERS = {"v", "type", "id", "request_id", "writer", "time", "actor", "action", "resource", "decision"}
MEMBERS |= {"redaction", "result", "intent", "payloads", "detail"}
# Keys under which one signature fits many messages: the Edwards points of small order, by their y.
PRIME = 2**255 - 19
ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDER = {0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8}

Key = tuple[str, bytes, Ed25519PublicKey]  # name, key id, key
Checkpoint = tuple[int, bytes, bytes]  # size, root, signed text
Json = dict[str, Any]
Entries = dict[int, tuple[Json, bytes]]  # by index: entry, leaf hash


class Bad(Exception):
    """Something does not hold; the message says what."""


def main(arguments: list[str]) -> int:
    """Check everything, say what was found, and give the exit status."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of an audit log.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", default="", help="the log's verifier key, from a source that you trust")
    parser.add_argument("--witness", action="append", default=[], help="verifier key of a witness")
    parser.add_argument("--quorum", type=int, default=0, help="how many witnesses must have cosigned")
    options = parser.parse_args(arguments)
    raw = options.bundle.read_bytes()
    said: list[str] = []
    wrong: list[str] = []
    try:
        check(raw, options, said, wrong)
    except Bad as error:
        wrong.append(f"{error}. What comes after was not checked")
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        struct.error,
    ) as error:
        wrong.append(f"the bundle is malformed ({type(error).__name__}: {error})")
    print(f"Bundle     {options.bundle.name}, SHA-256 {sha256(raw).hexdigest()}")
    print("\n".join(said))
    for line in wrong:
        print(f"FAILED     {line}.")
    print("THIS BUNDLE DOES NOT HOLD." if wrong else "EVERYTHING HOLDS.")
    return 1 if wrong else 0


def check(raw: bytes, options: argparse.Namespace, said: list[str], wrong: list[str]) -> None:
    """The checks, each resting on those before it."""
    files = check_archive(raw, wrong)
    same = files["verify.py"] == Path(__file__).read_bytes()
    said.append(f"Verifier   {'the copy' if same else 'NOT the copy'} that the bundle carries")
    log_key = check_key(files, options.key, said)
    checkpoint = check_checkpoint(files, log_key, said)
    check_witnesses(files, checkpoint, options, said)
    manifest = check_manifest(files, checkpoint, wrong)
    entries = check_entries(files, checkpoint, manifest["selection"], said, wrong)
    check_contents(files, manifest, checkpoint, entries, wrong)
    check_policies(files, manifest, said, wrong)
    check_receipts(files, log_key, entries, said)
    check_dossier(files, entries, said, wrong)


# ---- the archive -----------------------------------------------------------------------------------------


def check_archive(raw: bytes, wrong: list[str]) -> dict[str, bytes]:
    """The members by name. The archive is then written anew, and must come out the same byte for byte."""
    files: dict[str, bytes] = {}
    parts: list[tuple[str, int]] = []  # what stands where, to name a difference
    at = 0
    while raw[at : at + 4] == b"PK\x03\x04" and len(raw) >= at + 30:
        size, _, name_size = struct.unpack_from("<LLH", raw, at + 18)
        name = raw[at + 30 : at + 30 + name_size].decode("utf-8", "replace")
        start = at + 30 + name_size
        parts += [(f"the header of {name}", at), (name, start)]
        files[name] = raw[start : start + size]
        at = start + size
    parts.append(("the archive's directory", at))
    anew = write_archive(files)
    if anew != raw:
        place = next((i for i, (a, b) in enumerate(zip(anew, raw)) if a != b), min(len(anew), len(raw)))
        where = [name for name, start in parts if start <= place][-1:] or ["its first bytes"]
        wrong.append(
            f"the archive is not what its contents make it: byte {place}, in {where[0]}, was changed"
        )
    for name in sorted(FIXED - set(files)):
        raise Bad(f"the file {name} is missing")
    for name in sorted(set(files) - FIXED - OPTIONAL):
        if not name.startswith(("policies/", "dossier/")) or {"", ".", ".."} & set(name.split("/")):
            raise Bad(f"the file {name!r} does not belong into a bundle")
    return files


def write_archive(files: dict[str, bytes]) -> bytes:
    """A ZIP archive in its one spelling: sorted, stored, dated 1980-01-01, no comments, no extra fields."""
    body, directory = [], []
    at = 0
    for name in sorted(files):
        content, raw_name = files[name], name.encode("utf-8", "replace")
        common = (0x0800, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(raw_name), 0)
        head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, *common) + raw_name
        body += [head, content]
        entry = (b"PK\x01\x02", 20, 3, 20, 0, *common, 0, 0, 0, 0o100644 << 16, at)
        directory.append(struct.pack("<4s4B4H3L5H2L", *entry) + raw_name)
        at += len(head) + len(content)
    listed = b"".join(directory)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(files), len(files), len(listed), at, 0)
    return b"".join([*body, listed, end])


# ---- keys, the checkpoint and its cosignatures -----------------------------------------------------------


def read_key(text: str, algorithm: int) -> Key:
    """Name, key id and key of ``name+hash+base64``; algorithm 1 signs logs, 4 is a witness's."""
    parts = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text)
    if parts is None:
        raise Bad("a verifier key reads name+hash+base64")
    name, claimed, encoded = parts.groups()
    raw = from_base64(encoded)
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    y = int.from_bytes(raw[1:], "little") & (2**255 - 1)
    if raw[0] != algorithm or len(raw) != 33 or key_id.hex() != claimed or y >= PRIME or y in SMALL_ORDER:
        raise Bad(f"the verifier key of {name} is not a good Ed25519 key of kind {algorithm}")
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def from_base64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise Bad("base64 with stray bits")
    return raw


def signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check_key(files: dict[str, bytes], trusted: str, said: list[str]) -> Key:
    """The log's key: yours if you gave one, and the bundle's must be the same."""
    carried = files["log.pub"].decode().removesuffix("\n")
    if trusted and trusted != carried:
        raise Bad("the bundle is of a log with another key than the one that you trust")
    source = "as you gave it" if trusted else "FROM THE BUNDLE ITSELF: compare it with the published one"
    said.append(f"Log key    {carried}, {source}")
    return read_key(carried, 1)


def check_checkpoint(files: dict[str, bytes], log_key: Key, said: list[str]) -> Checkpoint:
    """Size and root that the log signed, and the signed text."""
    text, lines = note_parts(files["checkpoint"])
    name, key_id, key = log_key
    ours = [raw[4:] for signer, raw in lines if signer == name and raw[:4] == key_id]
    if not ours or not all(signed(key, signature, text) for signature in ours):
        raise Bad("the log's signature under the checkpoint is not good")
    origin, size, root = text.decode().split("\n")[:3]
    if origin != name or str(int(size)) != size or len(from_base64(root)) != 32:
        raise Bad("the checkpoint is not one of this log")
    said.append(f"Checkpoint {size} entries, root {from_base64(root).hex()}, signed by {name}")
    return int(size), from_base64(root), text


def note_parts(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text of a signed note, and its signatures, each a name and the bytes behind it."""
    text, _, tail = note.decode().rpartition("\n\n")
    signatures = []
    for line in tail.removesuffix("\n").split("\n"):
        found = re.fullmatch("\u2014 ([^+\\s]+) (\\S+)", line)
        if found is None or not tail.endswith("\n"):
            raise Bad("the checkpoint is not a signed note")
        signatures.append((found[1], from_base64(found[2])))
    return f"{text}\n".encode(), signatures


def check_witnesses(
    files: dict[str, bytes], checkpoint: Checkpoint, options: argparse.Namespace, said: list[str]
) -> None:
    """Which witnesses cosigned: each says that it saw the log grow to this checkpoint and never shrink."""
    carried = files.get("witnesses.pub", b"").decode().splitlines()
    lines, text, good = note_parts(files["checkpoint"])[1], checkpoint[2], set()
    for known in sorted({*carried, *options.witness}):
        name, key_id, key = read_key(known, 4)
        for raw in (raw for signer, raw in lines if signer == name and raw[:4] == key_id):
            moment = int.from_bytes(raw[4:12], "big")
            if not signed(key, raw[12:], b"cosignature/v1\ntime %d\n" % moment + text):
                raise Bad(f"the cosignature of {name} under the checkpoint is not good")
            if known in options.witness or not options.witness:
                good.add(name)
            trust = "as you gave it" if known in options.witness else "with the key in the bundle"
            said.append(f"Witness    {name} cosigned at {utc(moment * 1_000_000)}, {trust}")
    if len(good) < options.quorum:
        raise Bad(f"{len(good)} witnesses cosigned the checkpoint, and you asked for {options.quorum}")
    if not good:
        said.append("Witness    nobody but the log's operator vouches for this checkpoint")


# ---- the entries -----------------------------------------------------------------------------------------


def check_manifest(files: dict[str, bytes], checkpoint: Checkpoint, wrong: list[str]) -> Json:
    """The exporter's own statement of what was selected; all else in it is computed again further down."""
    manifest: Json = json.loads(files["manifest.json"])
    if canonical(manifest) != files["manifest.json"]:
        wrong.append("manifest.json is not canonical")
    if manifest["format"] != FORMAT:
        raise Bad(f"manifest.json is of the format {manifest['format']!r}, this verifier reads {FORMAT}")
    first, end = manifest["selection"]["first"], manifest["selection"]["end"]
    inner = [bound for span in manifest["selection"].get("only", []) for bound in span]
    if any(type(bound) is not int for bound in (first, *inner, end)) or not 0 <= first < end <= checkpoint[0]:
        raise Bad("the selection in manifest.json is not within the checkpoint")
    if inner != sorted(set(inner)) or (inner and not first <= inner[0] < inner[-1] <= end):
        raise Bad("the ranges in manifest.json are out of order, or outside the selection")
    return manifest


def check_entries(
    files: dict[str, bytes],
    checkpoint: Checkpoint,
    selection: Json,
    said: list[str],
    wrong: list[str],
) -> Entries:
    """Each entry by index with its leaf hash, once its proof leads to the signed root."""
    leaves = files["entries.jsonl"].split(b"\n")
    proofs = files["proofs.txt"].split(b"\n\n")
    if leaves.pop() or proofs.pop():
        wrong.append("entries.jsonl or proofs.txt does not end where its last entry ends")
    if len(leaves) != len(proofs):
        wrong.append(f"there are {len(leaves)} entries and {len(proofs)} proofs")
    entries: Entries = {}
    links = Links()
    asked = Asked(selection)
    last = selection["first"] - 1
    for line, (leaf, proof) in enumerate(zip(leaves, proofs), 1):
        index = last + 1  # until the proof says which one it is
        try:
            index, path = read_proof(proof)
            entry, leaf_hash = read_entry(leaf, index, path, checkpoint)
            check_place(entry, index, last, selection, asked)
            links.follow(entry, leaf_hash)
        except (Bad, ValueError, KeyError, TypeError, RecursionError) as error:
            wrong.append(f"entry {index} (line {line} of entries.jsonl): {error or type(error).__name__}")
        else:
            entries[index] = (entry, leaf_hash)
            last = index
    missing = asked.behind(last)
    if not selection["filter"] and missing is not None and not wrong:
        wrong.append(f"the entries {missing} to {selection['end'] - 1} are left out")
    tell_entries(entries, selection, said)
    return entries


def read_proof(block: bytes) -> tuple[int, list[bytes]]:
    """Index and path of a C2SP tlog-proof (its checkpoint stands once, in the file `checkpoint`)."""
    head, index, *path = block.decode("ascii").split("\n")
    number = re.fullmatch("index (0|[1-9][0-9]{0,18})", index)
    if head != "c2sp.org/tlog-proof@v1" or number is None:
        raise Bad("its proof is not a tlog-proof")
    return int(number[1]), [from_base64(step) for step in path]


def root_of(index: int, size: int, node: bytes, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    here, last = index, size - 1
    for step in path:
        if len(step) != 32 or last == 0 or index >= size:
            raise Bad("its proof does not fit the size of the tree")
        if here & 1 or here == last:
            node = sha256(b"\x01" + step + node).digest()
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + step).digest()
        here, last = here >> 1, last >> 1
    if last:
        raise Bad("its proof is too short for the size of the tree")
    return node


def read_entry(leaf: bytes, index: int, path: list[bytes], checkpoint: Checkpoint) -> tuple[Json, bytes]:
    """The entry in a leaf, which must be the one that was signed, in its one canonical spelling."""
    leaf_hash = sha256(b"\x00" + leaf).digest()
    if root_of(index, checkpoint[0], leaf_hash, path) != checkpoint[1]:
        raise Bad("its proof does not lead to the signed root: it is not the entry that was signed")
    entry: Json = json.loads(leaf, parse_float=refuse_number, parse_constant=refuse_number)
    if canonical(entry) != leaf:
        raise Bad("it is not canonical JSON")
    if entry["v"] != 1 or set(entry) != MEMBERS:
        raise Bad("it is not an entry of version 1")
    return entry, leaf_hash


def refuse_number(text: str) -> None:
    raise Bad(f"it holds the number {text}, and only integers are canonical")


def canonical(value: object) -> bytes:
    """RFC 8785 for what entries hold: ASCII keys, integers, no floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Asked:
    """The indexes that a selection asks for: those of its ranges, or all from its first to its end."""

    def __init__(self, selection: Json) -> None:
        self.spans = selection.get("only", [[selection["first"], selection["end"]]])
        self.ends = [end for _, end in self.spans]

    def behind(self, last: int) -> int | None:
        """The first index asked for behind this one."""
        place = bisect_right(self.ends, last + 1)
        return max(self.spans[place][0], last + 1) if place < len(self.spans) else None


def check_place(entry: Json, index: int, last: int, selection: Json, asked: Asked) -> None:
    """Whether the selection asked for this entry, here."""
    if not last < index or asked.behind(index - 1) != index:
        raise Bad("it stands out of order, or outside the selection")
    if not selection["filter"] and index != asked.behind(last):
        raise Bad(f"the entries from {asked.behind(last)} on are left out before it")
    part = {name: entry[name] or {} for name in ("actor", "resource", "decision", "redaction", "result")}
    says = {
        "type": entry["type"],
        "request_id": entry["request_id"],
        "actor": part["actor"].get("id"),
        "department": part["actor"].get("department"),
        "action": entry["action"],
        "resource": part["resource"].get("id"),
        "owner": part["resource"].get("owner"),
        "effect": part["decision"].get("effect"),
        "code": part["result"].get("code"),
        "rule": part["decision"].get("rules", []),
        "entity": part["redaction"].get("counts", {}),
    }
    moment = entry["time"]["wall_us"]
    for name, wanted in selection["filter"].items():
        if name == "since_us":
            fits = moment >= wanted
        elif name == "until_us":
            fits = moment < wanted
        else:
            fits = wanted in says[name] if name in ("rule", "entity") else wanted == says[name]
        if not fits:
            raise Bad(f"it does not fit the selection ({name} = {wanted})")


class Links:
    """What entries say of those before them: each writer's chain, and an outcome's intent."""

    def __init__(self) -> None:
        self.writers: dict[str, tuple[int, str]] = {}
        self.intents: dict[str, str] = {}

    def follow(self, entry: Json, leaf_hash: bytes) -> None:
        """Hold the entry to those before it, as far as they are in the bundle."""
        writer = entry["writer"]
        count, previous = self.writers.get(writer["id"], (-1, ""))
        if writer["n"] <= count:
            raise Bad("its writer counted backwards")
        if writer["n"] == count + 1 and writer["prev"] != previous:
            raise Bad("it does not name the entry that its writer wrote before")
        self.writers[writer["id"]] = (writer["n"], leaf_hash.hex())
        if entry["type"] == "access.intent":
            self.intents[entry["id"]] = entry["request_id"]
        if self.intents.get(entry["intent"], entry["request_id"]) != entry["request_id"]:
            raise Bad("it is the outcome of another request than its intent")


# ---- what stands beside the entries ----------------------------------------------------------------------


def check_contents(
    files: dict[str, bytes], manifest: Json, checkpoint: Checkpoint, entries: Entries, wrong: list[str]
) -> None:
    """The manifest must say of the files what can be computed from them."""
    listed = manifest["files"]
    actual = {name: sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"}
    differing = sorted(name for name in {*actual, *listed} if actual.get(name) != listed.get(name))
    wrong.extend(f"the file {name} is not the one that manifest.json lists" for name in differing)
    computed = {"size": checkpoint[0], "root": checkpoint[1].hex()}
    if manifest["checkpoint"] != computed or manifest["origin"] != checkpoint[2].decode().split("\n")[0]:
        wrong.append("manifest.json names another checkpoint than the bundle holds")
    if manifest["entries"] != len(entries):
        wrong.append(f"manifest.json counts {manifest['entries']} entries, and {len(entries)} hold")
    used = {entry["decision"]["policy_revision"] for entry, _ in entries.values() if entry["decision"]}
    if sorted(used) != sorted(manifest["policies"]["included"] + manifest["policies"]["missing"]):
        wrong.append("manifest.json does not list the policy revisions that the entries name")


def tell_entries(entries: Entries, selection: Json, said: list[str]) -> None:
    """What the entries are, in a few lines."""
    asked = ", ".join(f"{name} {value}" for name, value in sorted(selection["filter"].items()))
    span = f"entries {selection['first']} to {selection['end'] - 1}"
    said.append(
        f"Selection  those of {span} with {asked}. That no other entry fits cannot be shown by a selection"
        if asked
        else f"Selection  {span}: every one of them is here, and none is left out"
        if "only" not in selection
        else f"Selection  of {span}, those in the {len(selection['only'])} ranges of manifest.json: each of them"
        " is here, and what lies between was not asked for"
    )
    kinds = Counter(entry["type"] for entry, _ in entries.values())
    said.append(
        f"Entries    {len(entries)} hold: {', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}"
    )
    moments = [entry["time"]["wall_us"] for entry, _ in entries.values()]
    if moments:
        said.append(f"Time       from {utc(min(moments))} to {utc(max(moments))}, by the gateways' clocks")
    intents = {entry["id"] for entry, _ in entries.values() if entry["type"] == "access.intent"}
    outcomes = {entry["intent"] for entry, _ in entries.values() if entry["intent"]}
    said.append(
        f"Calls      {len(intents & outcomes)} with intent and outcome, {len(intents - outcomes)} intents without"
        f" outcome and {len(outcomes - intents)} outcomes without intent in this bundle"
    )


def utc(micros: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)).isoformat(
        " ", "seconds"
    )


def check_policies(files: dict[str, bytes], manifest: Json, said: list[str], wrong: list[str]) -> None:
    """Each policy text must give the revision that entries name: SHA-256 over path and content of all files."""
    for revision in manifest["policies"]["included"]:
        prefix, digest = f"policies/{revision}/", sha256()
        names = sorted(name.removeprefix(prefix) for name in files if name.startswith(prefix))
        for name in names:
            content = files[prefix + name]
            digest.update(f"{len(name.encode())}:{name}{len(content)}:".encode() + content)
        if digest.hexdigest() != revision:
            wrong.append(f"the policy text in {prefix} is not that of revision {revision}")
        said.append(f"Policy     {revision}: {len(names)} files")
    missing = manifest["policies"]["missing"]
    said.extend(
        f"GAP        the text of policy revision {revision} is not in this bundle" for revision in missing
    )
    known = {f"policies/{revision}/" for revision in manifest["policies"]["included"]}
    strays = [name for name in files if name.startswith("policies/") and not name.startswith(tuple(known))]
    wrong.extend(f"the file {name} belongs to no policy revision of the entries" for name in strays)


def check_receipts(files: dict[str, bytes], log_key: Key, entries: Entries, said: list[str]) -> None:
    """Each receipt, given to a caller at the time, must be signed by the log and name an entry as it is here."""
    head = struct.Struct(">B4sQQHH32sB")
    name, key_id, key = log_key
    for number, token in enumerate(files.get("receipts.txt", b"").decode().splitlines(), 1):
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        version, signer, moment, first, offset, count, leaf_hash, steps = head.unpack_from(raw)
        body, signature = raw[head.size : -64], raw[-64:]
        path = [body[at : at + 32] for at in range(0, len(body), 32)]
        if version != 1 or signer != key_id or len(path) != steps:
            raise Bad(f"receipt {number} is not one of this log")
        root = root_of(offset, count, leaf_hash, path)
        message = b"custody-receipt/v1\x00" + key_id + struct.pack(">QQH", moment, first, count) + root
        if not signed(key, signature, message + name.encode()):
            raise Bad(f"the signature of receipt {number} is not good")
        if first + offset not in entries or entries[first + offset][1] != leaf_hash:
            raise Bad(f"receipt {number} is for another entry {first + offset} than the one in this bundle")
        said.append(f"Receipt    {number}: the log vouched for entry {first + offset} at {utc(moment)}")


def check_dossier(files: dict[str, bytes], entries: Entries, said: list[str], wrong: list[str]) -> None:
    """The files on a dispute must be those whose digest an entry holds, and its exhibits must be entries here."""
    names = sorted(name for name in files if name.startswith("dossier/"))
    if not names:
        return
    digest = sha256()
    for name in names:
        digest.update(b"%d:%b%d:" % (len(name.encode()), name.encode(), len(files[name])) + files[name])
    seals = [
        at
        for at, (entry, _) in entries.items()
        if entry["detail"].get("dossier_sha256") == digest.hexdigest()
    ]
    if not seals:
        wrong.append(
            "no entry vouches for the files in dossier/: they are not those that were sealed in the log"
        )
        return
    said.append(f"Dossier    {len(names)} files, sealed by entry {seals[0]}")
    exhibits = json.loads(files.get("dossier/exhibits.json", b"[]"))
    for exhibit in exhibits:
        lines = "".join(f"{at} {leaf}\n" for at, leaf in exhibit["entries"])
        absent = [at for at, leaf in exhibit["entries"] if at not in entries or entries[at][1].hex() != leaf]
        if sha256(lines.encode()).hexdigest() != exhibit["result_sha256"]:
            wrong.append(f"the exhibit {exhibit['name']!r} does not list the result that was frozen")
        wrong.extend(
            f"the exhibit {exhibit['name']!r} names entry {at}, which is not in this bundle"
            for at in absent[:1]
        )
    said.append(f"Exhibits   {len(exhibits)}, each with the entries that were frozen for it")
    for each in json.loads(files.get("dossier/texts.json", b"[]")):
        made = sha256(bytes.fromhex(each["salt"]) + each["text"].encode()).hexdigest()
        if made != each["digest"] or made.encode() not in files["entries.jsonl"]:
            wrong.append(f"the text {each['digest']} is not the one whose digest an entry holds")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
