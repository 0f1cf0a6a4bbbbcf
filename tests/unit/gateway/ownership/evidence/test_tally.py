from audit.entry import Actor, EntryType, Facts, Record
from gateway.ownership.evidence.span import Leaf
from gateway.ownership.evidence.tally import ALL, UNDECLARED, Tally
from tests.calls import Call, leaf, leaves


def tallied(*entries: Leaf) -> Tally:
    """The count of these entries."""
    tally = Tally()
    for index, entry in enumerate(entries):
        tally.take(index, entry)
    tally.close()
    return tally


def governance(kind: EntryType, department: str, **detail: Facts) -> Leaf:
    """A record of governance, a day after the calls."""
    record = Record(
        type=kind, request_id="req-g", actor=Actor("sub_9", "person", department), detail=dict(detail)
    )
    return leaf(record, day=20_001)


def test_findings_are_counted_by_class_and_entity() -> None:
    """Each prompt counts once, in its class, with its findings of each type and of all types."""
    calls = [
        Call(counts={"PERSON": 2, "IBAN_CODE": 1}),
        Call(counts={"PERSON": 2}, declared="public"),
        Call(),
    ]
    found = tallied(*leaves(calls)).departments["retail"]
    assert found.prompts == {"internal": 2, "public": 1}
    assert found.found == {
        ("internal", "PERSON", 2): 1,
        ("internal", "IBAN_CODE", 1): 1,
        ("internal", ALL, 3): 1,
        ("public", "PERSON", 2): 1,
        ("public", ALL, 2): 1,
    }
    ((_, day),) = found.days.items()
    assert day.findings["internal", ALL] == 3


def test_who_sent_is_charged_not_who_owns() -> None:
    """A prompt counts for the department of its sender."""
    assert set(tallied(*leaves([Call(department="legal", owner="product")])).departments) == {"legal"}


def test_refusals_are_those_of_policies() -> None:
    """A refusal by policy or obligation counts by its code among decided prompts, a broken part does not."""
    calls = [Call(code="access_denied"), Call(code="content_refused", effect="allow"), Call()]
    entries = leaves(calls)
    broken = leaves([Call(code="backend_unavailable", effect="allow")])
    broken[0]["result"]["status"] = 503  # type: ignore[index]  # it was made with a result
    found = tallied(*entries, *broken).departments["retail"]
    assert (found.decided, found.refused) == (4, {"access_denied": 1, "content_refused": 1})


def test_above_the_ceiling_is_an_override_only_if_let_through() -> None:
    """A prompt above the asset's ceiling is an override if it was allowed, and a refusal if not."""
    calls = [
        Call(declared="confidential"),
        Call(declared="confidential", code="access_denied"),
        Call(declared="public", ceiling="internal"),
    ]
    assert tallied(*leaves(calls)).departments["retail"].overrides == 1


def test_a_secret_is_an_incident() -> None:
    """A prompt with a secret is an incident whether or not it was stopped."""
    calls = [Call(secrets={"AWS_KEY": 1}, code="access_denied"), Call(secrets={"AWS_KEY": 1}), Call()]
    assert tallied(*leaves(calls)).departments["retail"].incidents == 2


def test_a_scan_without_decision_has_no_class() -> None:
    """A prompt that was scanned and never decided on is counted, under no class."""
    entries = leaves([Call(code="model_not_found", counts={"PERSON": 1})])
    entries[0]["decision"] = None
    found = tallied(*entries).departments["retail"]
    assert (found.prompts, found.decided) == ({UNDECLARED: 1}, 0)


def test_reviews_are_overdue_until_held() -> None:
    """A review that is due before the last entry counts as overdue, unless it was held or is due later."""
    due = 20_000 * 86_400_000_000
    entries = [
        governance(
            EntryType.AUDITOR_QUERY, "legal", review_id=name, review_us=due + late, review_of="product"
        )
        for name, late in (("a", 0), ("b", 0), ("c", 10**15))
    ]
    held = governance(EntryType.AUDITOR_QUERY, "product", reviewed="b")
    assert tallied(*entries, held).departments["product"].overdue == 1


def test_what_cannot_be_charged_is_counted_apart() -> None:
    """Requests of nobody known, floods and calls without an end are counted for the gaps."""
    nobody = leaves([Call(code="invalid_api_key")])
    nobody[0]["actor"] = None
    flood = governance(EntryType.FLOOD, "retail", state="ended", count=40)
    begun = leaves([Call()])[:1]
    tally = tallied(*nobody, flood, *begun)
    assert (tally.nobody, tally.flooded, tally.open_intents) == (1, {"retail": 40}, 1)
