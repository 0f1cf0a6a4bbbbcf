from pathlib import Path

import pytest

from gateway.bundled import policies
from gateway.domain import AccessRequest, Action, CallContext, DataClass, Resource, Subject
from gateway.pdp.checks import check
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.rego import Problem
from gateway.pdp.source import PolicyRefused, PolicySource, read_files, read_source
from tests.policy_texts import ALLOW, ALLOW_TEST, Told, Write


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write a policy folder from paths and texts; a sound main.rego and its test unless given."""

    def write(files: dict[str, str]) -> Path:
        for name, text in ({"main.rego": ALLOW, "main_test.rego": ALLOW_TEST} | files).items():
            path = tmp_path / "policies" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / "policies"

    return write


@pytest.fixture
def letter() -> AccessRequest:
    """Retail's service asks support-tone about a customer's letter."""
    facets = {"accountable_owner": "product", "custodian": "it"}
    return AccessRequest(
        Subject("s-1", "service", "retail"),
        Action.CHAT,
        Resource(
            "support-tone",
            "adapter",
            "northwind-base",
            "support-tone",
            facets,
            DataClass.INTERNAL,
            base_model_owner="it",
        ),
        CallContext(
            "complaint-triage", "", DataClass.INTERNAL, {"PERSON": 1}, {}, {}, "2026-07-01T10:00:00.000Z"
        ),
    )


FILES = {
    "main.rego": b"package custody.access\n\nimport data.limits\n\n"
    b'default decision := {"allow": false, "obligations": {"prompt": {}, "reply": {}}, "reasons": []}\n',
    "main_test.rego": b"package tests.access\n\ntest_nothing if data.custody.access.decision\n",
    "data.json": b'{"limits": {"calls": 10, "share": 1.50}}',
}


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    """A key that this gateway signs with."""
    return read_signing_key(new_signing_key(), "key-1")


@pytest.fixture(scope="session")
def shipped() -> PolicySource:
    """The shipped policies."""
    return read_source(policies())


@pytest.fixture
def small() -> PolicySource:
    """A policy of three files."""
    return read_files(FILES, Path("small"))


@pytest.fixture
def trust(signing_key: SigningKey) -> Trust:
    """Bundles of production by that key."""
    return Trust("production", "custody", {signing_key.id: signing_key.public})


@pytest.fixture
def told(folder: Write) -> Told:
    """What the checks say of a library module with the given rules."""

    def say(rules: str, path: str = "lib/x.rego", package: str = "custody.lib.x") -> list[Problem]:
        source = read_source(folder({path: f"package {package}\n\n{rules}\n"}))
        try:
            check(source)
        except PolicyRefused as refused:
            return list(refused.problems)
        return []

    return say
