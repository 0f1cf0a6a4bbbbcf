"""Any sequence of offers, acceptances, grants and delegations, next to a model to be checked by eye."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, func, select

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.control.schema import FOREVER
from gateway.domain import Subject
from gateway.errors import CustodyError
from gateway.ownership.operations.delegating import GiveDelegation, RevokeDelegation
from gateway.ownership.operations.granting import GiveGrant, RevokeGrant
from gateway.ownership.operations.transferring import (
    AcceptTransfer,
    DeclineTransfer,
    ExpireTransfer,
    ProposeTransfer,
    RevokeTransfer,
)
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION
from gateway.ownership.registry.times import rfc3339
from gateway.ownership.rights.tables import DELEGATION, GRANT, TRANSFER_END
from gateway.ownership.rights.transfers import State, transfers
from tests.contracts.test_registry_model import Trial
from tests.patience import patient_control
from tests.registries import registry_place

OWNER = Facet.ACCOUNTABLE_OWNER
DEPARTMENTS = ("it", "product", "retail")
ASSETS = ("base", "tone")
DAY = 86_400_000_000

_DEPARTMENT, _ASSET, _NUMBER = st.sampled_from(DEPARTMENTS), st.sampled_from(ASSETS), st.integers(0, 9)


def speaker(department: str) -> Acting:
    """Somebody who speaks for the department."""
    return Acting(department, Subject(f"sub_{department}", "person", department, roles=("owner",)))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A connection to an empty control database."""
    folder: Path = tmp_path_factory.mktemp("rights")
    database = patient_control(registry_place(request, folder, request.param))
    with database.write_lock, database.writer.connect() as opened:
        yield opened
    database.close()


class RightsMachine(RuleBasedStateMachine):
    """Everything that can be done to rights, with what must then be so."""

    # Given by the test before it runs the machine.
    connection: Connection

    def __init__(self) -> None:
        super().__init__()
        self._outer = self.connection.begin()
        self.trial = Trial(self.connection)
        self.owners = {"base": "it", "tone": "product"}
        # Offer by transfer: asset, from, to, until when; those that are not open any more have no entry.
        self.open: dict[str, tuple[str, str, str, int]] = {}
        self.made: list[str] = []
        # Asset and holder by id; what is given on is tried by whoever holds it.
        self.grants: dict[str, tuple[str, str]] = {}
        self.delegations: dict[str, tuple[str, str]] = {}
        self.seen: dict[int, tuple[object, ...]] = {}
        self.trial.change(self._begin)
        # Something to begin with, so that chains come about.
        for asset, department in self.owners.items():
            self.granted(asset, department, "retail", 9, None)
            self.delegated(asset, department, "retail", 2, None)
        self.granted("tone", "retail", "it", 1, 1)
        self.delegated("tone", "retail", "it", 1, 1)

    @rule(asset=_ASSET, acting=_DEPARTMENT, to=_DEPARTMENT, days=st.integers(1, 5))
    def offered(self, asset: str, acting: str, to: str, days: int) -> None:
        """Anybody offers anything to anybody."""
        expires = self.trial.at_us + days * DAY
        holder = self.owners[asset]
        fits = acting == holder and to != holder and not self._on_offer(asset)
        operation = ProposeTransfer.model_validate({"asset": asset, "to": to, "expires": rfc3339(expires)})
        told = self._do(acting, operation, fits=fits or None if self._delegated(acting, asset) else fits)
        if told is not None:
            name = str(told["transfer"])
            self.made.append(name)
            self.open = {each: offer for each, offer in self.open.items() if offer[0] != asset}
            self.open[name] = (asset, holder, to, expires)

    @rule(number=_NUMBER, acting=_DEPARTMENT)
    def accepted(self, number: int, acting: str) -> None:
        """Anybody accepts any offer, over and over."""
        name = self._any(self.made, number)
        offer = self.open.get(name)
        fits = self._is_open(name) and offer is not None and acting == offer[2]
        fits = fits and offer is not None and self.owners[offer[0]] == offer[1]
        if self._do(acting, AcceptTransfer(transfer=name), fits=fits) is not None and offer is not None:
            self.owners[offer[0]] = offer[2]
            del self.open[name]

    @rule(
        number=_NUMBER,
        acting=_DEPARTMENT,
        how=st.sampled_from([DeclineTransfer, RevokeTransfer, ExpireTransfer]),
    )
    def ended(self, number: int, acting: str, how: type[Operation]) -> None:
        """Anybody ends any offer in any way."""
        name = self._any(self.made, number)
        offer = self.open.get(name)
        says = {DeclineTransfer: 2, RevokeTransfer: 1}
        fits: bool | None
        if how is ExpireTransfer:
            fits = offer is not None and not self._is_open(name)
        else:
            fits = self._is_open(name) and offer is not None and acting == offer[says[how]]
            if how is RevokeTransfer and self._is_open(name) and offer and self._delegated(acting, offer[0]):
                fits = fits or None
        if self._do(acting, how(transfer=name), fits=fits) is not None:  # type: ignore[call-arg]  # each has it
            del self.open[name]

    @rule(asset=_ASSET, to=_DEPARTMENT)
    def ruled(self, asset: str, to: str) -> None:
        """A panel gives the asset to somebody, whatever is on offer."""

        def work(change: Change) -> None:
            assert_facet(
                change,
                asset=asset,
                facet=OWNER,
                holder=to,
                basis=Basis.RULING,
                valid_from_us=change.at_us,
            )

        self.trial.change(work)
        self.owners[asset] = to

    @rule(days=st.integers(1, 4))
    def time_passes(self, days: int) -> None:
        """Offers, grants and delegations run out."""
        self.trial.at_us += days * DAY

    @rule(asset=_ASSET, acting=_DEPARTMENT, to=_DEPARTMENT, days=st.integers(1, 9), under=st.none() | _NUMBER)
    def granted(self, asset: str, acting: str, to: str, days: int, under: int | None) -> None:
        """Anybody gives a grant, and who holds one gives it on."""
        above = "" if under is None else self._any([*self.grants], under)
        asset, acting = self.grants.get(above, (asset, acting))
        operation = GiveGrant.model_validate(
            {
                "asset": asset,
                "department": to,
                "class_ceiling": "internal",
                "expires": rfc3339(self.trial.at_us + (days if under is None else 1) * DAY),
                "grant_option": True,
                "under": above,
            }
        )
        allowed = acting == self.owners[asset] or self._delegated(acting, asset) or under is not None
        told = self._do(acting, operation, fits=None if allowed else False)
        if told is not None:
            self.grants[str(told["grant"])] = (asset, to)

    @rule(number=_NUMBER, acting=_DEPARTMENT)
    def grant_revoked(self, number: int, acting: str) -> None:
        """Anybody revokes any grant; who holds it or owns the asset can."""
        name = self._any([*self.grants], number)
        asset, holder = self.grants.get(name, ("", ""))
        if acting == "it":
            acting = self.owners.get(asset, holder)
        self._do(acting, RevokeGrant(grant=name), fits=None)

    @rule(
        asset=st.sampled_from([*ASSETS, "*"]),
        acting=_DEPARTMENT,
        to=_DEPARTMENT,
        depth=st.integers(0, 2),
        under=st.none() | _NUMBER,
    )
    def delegated(self, asset: str, acting: str, to: str, depth: int, under: int | None) -> None:
        """Anybody lets anybody act, and who may act lets others."""
        above = "" if under is None else self._any([*self.delegations], under)
        asset, acting = self.delegations.get(above, (asset, acting))
        operation = GiveDelegation.model_validate(
            {
                "asset": asset,
                "delegate": to,
                "powers": ["grant", "transfer"],
                "class_ceiling": "internal",
                "depth": depth,
                "expires": rfc3339(self.trial.at_us + 3 * DAY),
                "under": above,
            }
        )
        own = asset == "*" or self.owners[asset] == acting
        told = self._do(acting, operation, fits=None if own or under is not None else False)
        if told is not None:
            self.delegations[str(told["delegation"])] = (asset, to)

    @rule(number=_NUMBER, acting=_DEPARTMENT, too=st.booleans())
    def delegation_revoked(self, number: int, acting: str, too: bool) -> None:
        """Anybody ends any delegation."""
        name = self._any([*self.delegations], number)
        self._do(acting, RevokeDelegation(delegation=name, end_grants=too), fits=None)

    @invariant()
    def each_asset_has_one_owner(self) -> None:
        """Never none and never two, and it is whom the model says."""
        said, now = OWNERSHIP_ASSERTION.c, self.trial.at_us
        for asset in ASSETS:
            rows = self.connection.scalars(
                select(said.holder).where(
                    said.asset == asset,
                    said.facet == OWNER.value,
                    said.recorded_to_us == FOREVER,
                    said.valid_from_us <= now,
                    said.valid_to_us > now,
                )
            ).all()
            assert rows == [self.owners[asset]]

    @invariant()
    def transfers_end_once(self) -> None:
        """What the model has open is open, and no transfer has two ends."""
        found = transfers(self.connection)
        assert {each.id for each in found if each.state is State.PROPOSED} == set(self.open)
        ends = self.connection.scalar(select(func.count()).select_from(TRANSFER_END))
        assert ends == len(self.made) - len(self.open)

    @invariant()
    def nothing_stands_on_what_has_ended(self) -> None:
        """No grant or delegation outlasts the one that it stands under."""
        for table in (GRANT, DELEGATION):
            believed = {
                row.id: row
                for row in self.connection.execute(select(table).where(table.c.recorded_to_us == FOREVER))
            }
            for row in believed.values():
                if row.under:
                    assert row.valid_to_us <= believed[row.under].valid_to_us
                    assert row.valid_from_us >= believed[row.under].valid_from_us

    @invariant()
    def the_past_stays(self) -> None:
        """What was believed at each earlier moment is what was believed then."""
        for at_us, belief in self.seen.items():
            assert self._belief(at_us) == belief
        if len(self.seen) < 8:
            self.seen[self.trial.at_us] = self._belief(self.trial.at_us)

    def teardown(self) -> None:
        """Leaves nothing."""
        self._outer.rollback()

    def _begin(self, change: Change) -> None:
        for name in DEPARTMENTS:
            register_party(change, name, PartyKind.ORG_UNIT)
        for asset, department in self.owners.items():
            new = NewAsset(
                id=asset,
                type=AssetType.DATASET,
                owner=department,
                basis=Basis.CHARTER,
                registered_us=change.at_us,
            )
            register_asset(change, new)

    def _do(self, acting: str, operation: Operation, *, fits: bool | None) -> Outcome | None:
        """What it told, or None if it was refused; the model knows which, or (None) does not say."""
        work: Callable[[Change], Outcome] = lambda change: operation.apply(change, speaker(acting))  # noqa: E731  a step
        try:
            told: Outcome | None = self.trial.change(work)
        except CustodyError:
            told = None
        if told is None:
            assert fits is not True, operation
            return None
        assert fits is not False, operation
        return told

    def _belief(self, at_us: int) -> tuple[object, ...]:
        rights = [
            self.connection.execute(
                select(*[column for column in table.c if column.name != "recorded_to_us"])
                .where(table.c.recorded_from_us <= at_us, table.c.recorded_to_us > at_us)
                .order_by(table.c.number)
            ).all()
            for table in (GRANT, DELEGATION)
        ]
        held = [owner(self.connection, asset, OWNER, at_us, at_us) for asset in ASSETS]
        return (*rights, *(each.holder if each else "" for each in held))

    def _on_offer(self, asset: str) -> bool:
        return any(offer[0] == asset and self._is_open(name) for name, offer in self.open.items())

    def _is_open(self, name: str) -> bool:
        # The next change is a microsecond later.
        return name in self.open and self.trial.at_us + 1 < self.open[name][3]

    def _delegated(self, acting: str, asset: str) -> bool:
        """Whether the department may be somebody's delegate: then the model leaves it to the code."""
        del asset
        return bool(self.delegations) and bool(acting)

    @staticmethod
    def _any(names: list[str], number: int) -> str:
        return names[number % len(names)] if names else "none"


def test_no_sequence_leaves_an_asset_without_an_owner_or_with_two(connection: Connection) -> None:
    """Whatever anybody tries in whatever order: one owner each, one end each, and a past that stays."""
    RightsMachine.connection = connection
    run_state_machine_as_test(
        RightsMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
