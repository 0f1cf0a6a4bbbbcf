"""An invented company of many departments: its policies, its assets, and who was granted what."""

import random
from collections import defaultdict
from dataclasses import dataclass

from gateway.bundled import policies
from gateway.domain import AccessRequest, Action, CallContext, DataClass, Grant, Resource, Right, Subject
from gateway.ownership.live.base import Asset, Snapshot
from gateway.pdp.source import PolicySource, read_files, read_source

_NOW = "2026-07-01T10:00:00.000Z"
_BASE_MODELS = 20
_PACKAGE = """package custody.departments.{name}

import data.custody.lib.actions.conversational
import data.custody.lib.actions.invoking
import data.custody.lib.classes
import data.custody.lib.grants.granted
import data.custody.lib.reasons

obligations := {{}}

allow contains reasons.reason("own_use", "The department uses what it owns.", "", "") if {{
	input.action.name in conversational
	input.subject.department == "{name}"
	classes.within(input.context.declared_class, "internal")
}}

allow contains reasons.reason("granted_use", "The department granted this use.", "", "") if granted

allow contains reasons.reason("carries_adapters", "The base model may carry this adapter.", "", "") if {{
	input.resource.adapter != ""
	input.resource.base_model_owner == "{name}"
	input.action.name in conversational
	classes.within(input.context.declared_class, "confidential")
}}

deny contains reasons.reason(
	"confidential_needs_grant",
	"This asset takes data up to class internal; above that its owner must grant the use.",
	"no grant covers the declared class",
	"Ask the owner for a grant.",
) if {{
	input.resource.facets.accountable_owner == "{name}"
	input.action.name in invoking
	not classes.within(input.context.declared_class, "internal")
	not granted
}}
"""


@dataclass(frozen=True, slots=True)
class Company:
    """Policies as the shipped ones with a package for each department, and what is believed of the assets."""

    policy: PolicySource
    believed: Snapshot
    departments: tuple[str, ...]

    def request(self, chance: random.Random) -> AccessRequest:
        """A call of some department on some asset, resolved as the pipeline does it."""
        department = chance.choice(self.departments)
        resolved = self.believed.resolve(f"asset-{chance.randrange(len(self.believed.assets))}")
        context = CallContext(
            use_case="",
            purpose="",
            declared_class=chance.choices((DataClass.INTERNAL, DataClass.CONFIDENTIAL), (9, 1))[0],
            findings={"PERSON": chance.randrange(1, 9), "EMAIL_ADDRESS": 1},
            secrets={},
            corpora={},
            time=_NOW,
            rights=resolved.rights(department),
        )
        subject = Subject(f"sub_{chance.randrange(2000):024x}", "service", department)
        return AccessRequest(subject, Action.CHAT, resolved.asset.resource, context)


def company(departments: int, assets: int, grants: int) -> Company:
    """The same company for the same numbers."""
    chance = random.Random(7)  # noqa: S311 - an invented company, no secret
    names = tuple(f"d{number:03}" for number in range(departments))
    given: defaultdict[str, defaultdict[str, list[Grant]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(grants):
        department = chance.choice(names)
        given[f"asset-{chance.randrange(assets)}"][department].append(_grant(department, chance))
    owners = {number: chance.choice(names) for number in range(assets)}
    believed = {f"asset-{number}": _asset(number, owners, given) for number in range(assets)}
    return Company(_policy(names), Snapshot(1, believed), names)


def _policy(names: tuple[str, ...]) -> PolicySource:
    shipped = read_source(policies())
    texts = {f"departments/{name}/own.rego": _PACKAGE.format(name=name).encode() for name in names}
    tests = {test.path: test.text.encode() for test in shipped.tests}
    return read_files({**shipped.files, **tests, **texts}, shipped.folder)


def _grant(department: str, chance: random.Random) -> Grant:
    ceiling = chance.choice((DataClass.INTERNAL, DataClass.CONFIDENTIAL))
    expires = chance.choice(("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
    return Grant(department, Right.CHAT, ceiling, expires)


def _asset(
    number: int, owners: dict[int, str], given: defaultdict[str, defaultdict[str, list[Grant]]]
) -> Asset:
    base = number % _BASE_MODELS
    adapter = number >= _BASE_MODELS
    resource = Resource(
        id=f"asset-{number}",
        type="adapter" if adapter else "base_model",
        base_model=f"asset-{base}",
        adapter=f"asset-{number}" if adapter else "",
        facets={"accountable_owner": owners[number], "custodian": owners[base]},
        class_ceiling=DataClass.INTERNAL,
        base_model_owner=owners[base] if adapter else "",
    )
    held = {name: tuple(grants) for name, grants in given[resource.id].items()}
    below = {name: tuple(grants) for name, grants in given[f"asset-{base}"].items()} if adapter else {}
    return Asset(resource, "gpu", resource.id, held, below)
