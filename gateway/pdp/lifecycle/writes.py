"""What changes about policies is written and recorded here, and only here: one row and one record a deed."""

from sqlalchemy import insert

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.pdp.lifecycle.store import Activation, How, Lane, StoredBundle, Terms, Trial, active
from gateway.pdp.lifecycle.tables import ACTIVATION, BUNDLE, TRIAL

_BEGUN = {"canary": EntryType.POLICY_CANARY, "shadow": EntryType.POLICY_SHADOW}
_ENDED = {"canary": EntryType.POLICY_CANARY_ENDED, "shadow": EntryType.POLICY_SHADOW_ENDED}


def keep_bundle(change: Change, bundle: StoredBundle, content: bytes) -> None:
    """Stores a policy that passed its checks."""
    change.connection.execute(
        insert(BUNDLE).values(
            revision=bundle.revision,
            digest=bundle.digest,
            content=content,
            environment=bundle.environment,
            name=bundle.name,
            key_id=bundle.key_id,
            origin=bundle.origin,
            reference=bundle.reference,
            modules=bundle.modules,
            tests=bundle.tests,
            built_by=bundle.built_by,
            department=bundle.department,
            built_us=bundle.built_us,
        )
    )
    detail: dict[str, Facts] = {
        **_facts(bundle),
        "key_id": bundle.key_id,
        "origin": bundle.origin,
        "reference": bundle.reference,
    }
    change.record(EntryType.POLICY_BUILT, detail)


def activate(
    change: Change, bundle: StoredBundle, how: How, under: int | None, approver: str = ""
) -> Activation:
    """Puts a stored policy into force.

    ``under`` is the activation that a later rollback leads to; ``approver`` the subject who consented, if it
    took a second person.
    """
    before = active(change.connection)
    done = Activation(change.revision, bundle.revision, how, under, change.actor.id, approver, change.at_us)
    change.connection.execute(
        insert(ACTIVATION).values(
            number=done.number,
            revision=done.revision,
            how=how,
            under=under,
            actor=done.by,
            approved_by=approver,
            at_us=done.at_us,
        )
    )
    kind = EntryType.POLICY_ROLLED_BACK if how == "rollback" else EntryType.POLICY_ACTIVATED
    facts: dict[str, Facts] = {"how": how, "previous": before.revision if before else ""}
    change.record(kind, {**_facts(bundle), **facts, "built_by": bundle.built_by, "approved_by": approver})
    return done


def begin_trial(change: Change, lane: Lane, bundle: StoredBundle, terms: Terms, approver: str) -> None:
    """Puts a stored policy on trial; whatever was on trial in this lane no longer is."""
    _insert_trial(change, lane, bundle.revision, terms.model_dump_json(), "")
    told: dict[str, Facts] = {**terms.model_dump()}
    change.record(_BEGUN[lane], {**_facts(bundle), **told, "approved_by": approver})


def end_trial(
    change: Change, lane: Lane, trial: Trial, why: str, facts: dict[str, Facts] | None = None
) -> None:
    """Ends a trial; ``why`` is a word, ``facts`` are the figures behind it."""
    _insert_trial(change, lane, None, "", why)
    told: dict[str, Facts] = {"policy": trial.revision, "trial": trial.number, "why": why}
    change.record(_ENDED[lane], {**told, **(facts or {})})


def _insert_trial(change: Change, lane: Lane, revision: str | None, terms: str, why: str) -> None:
    change.connection.execute(
        insert(TRIAL).values(
            id=f"{change.revision}-{lane}",
            number=change.revision,
            lane=lane,
            revision=revision,
            terms=terms,
            actor=change.actor.id,
            why=why,
            at_us=change.at_us,
        )
    )


def _facts(bundle: StoredBundle) -> dict[str, Facts]:
    return {"policy": bundle.revision, "bundle": bundle.digest, "environment": bundle.environment}
