"""A dossier from PostgreSQL is what it is from SQLite, which the unit tests show."""

import asyncio
from pathlib import Path

import pytest

from audit.evidence import verifier
from gateway.ownership.dossier.files import files_of
from gateway.ownership.dossier.material import Material
from tests.fought import Fought, fight
from tests.postgres import PostgresServer

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def fought(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Fought:
    """A dispute that was fought to its end, log and registry in PostgreSQL."""
    key = tmp_path_factory.mktemp("fought") / "audit.key"
    return asyncio.run(fight(postgres_server.place(), postgres_server.place(), key))


@pytest.fixture(scope="module")
def material(fought: Fought) -> Material:
    """What its dossier is made of."""
    return fought.material()


def test_a_dossier_from_postgresql_holds(fought: Fought, material: Material, tmp_path: Path) -> None:
    """A dossier verifies, and comes out the same again."""
    raw = fought.bundle(material)
    path = tmp_path / "dossier.zip"
    path.write_bytes(raw)
    assert verifier.main([str(path)]) == 0
    assert fought.bundle(fought.material()) == raw


def test_figures_are_those_of_the_calls(material: Material) -> None:
    """Scorecards, usage, replay, timeline and provenance say what they say on SQLite."""
    retail = next(card for card in material.cards.cards if card.department == "retail")
    assert (retail.prompts, retail.findings.events if retail.findings else 0) == (64, 60)
    assert [(each.asset, each.department, each.use.calls) for each in material.usage.uses] == [
        ("northwind-base", "legal", 5),
        ("support-tone", "product", 30),
        ("support-tone", "retail", 60),
    ]
    control, retails, products = material.replays
    assert (control.calls, control.changes, products.changes) == (94, {}, {})
    assert retails.changes == {"allow to deny": 90}
    assert {each.facet.value: each.holder for each in material.timeline}["budget_owner"] == "retail"
    assert [node.asset for node in material.provenance.nodes] == ["support-tone"]
    assert files_of(material)["report.html"].startswith(b"<!DOCTYPE html>")
