"""Each part of a gateway, made as the settings ask; the only place that calls the plug-in loader."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter, ValidationError

from audit.database import Database
from audit.errors import AuditError
from audit.ids import SystemClock, Uuid7
from audit.log import Log, LogOptions, open_log
from audit.payloads.kek.base import KeyEncryptionKey
from audit.payloads.retention import Retention
from audit.payloads.vault import Vault, open_vault
from audit.sinks.base import Sink
from gateway import ids, plugins
from gateway.backends.base import Backend
from gateway.catalogue import catalogue
from gateway.control.changes import Control
from gateway.control.database import ControlUnusable, open_control_database
from gateway.control.governance import Governance, People, TwoPeople
from gateway.errors import CustodyError
from gateway.identity.api_keys import PrincipalOptions
from gateway.identity.base import Authenticator
from gateway.identity.keys import key_digest
from gateway.identity.principals import Principals
from gateway.ownership.live.directory import LiveDirectory
from gateway.ownership.registry.parties import heir
from gateway.ownership.registry.seed import seed_registry
from gateway.ownership.rights.seed import seed_grants
from gateway.pdp.base import PolicyEngine
from gateway.pepper import pepper
from gateway.places import control_place, log_place, placed, witness_policy
from gateway.progress import Progress
from gateway.settings import PluginSettings, Settings, SettingsInvalid
from gateway.state import StateFolder
from redaction.base import Detector
from redaction.memory import ScanMemory
from redaction.redactor import Redactor

_log = logging.getLogger("custody.gateway")

_PRINCIPALS = TypeAdapter(list[dict[str, object]])
_PRINCIPAL_OPTIONS = TypeAdapter(tuple[PrincipalOptions, ...])


def example_keys(settings: Settings, state: StateFolder) -> dict[str, tuple[str, str]]:
    """(department, key) of each principal that the settings give no key; none in production mode."""
    if settings.mode == "production":
        return {}
    keyless = [each for each in _principals(settings) if not each.get("keys")]
    kept = state.first_keys(str(each.get("id")) for each in keyless)
    return {str(each.get("id")): (str(each.get("department")), kept[str(each.get("id"))]) for each in keyless}


def authenticator(settings: Settings, state: StateFolder) -> Authenticator:
    """Who may call; in development mode principals without a key have their example key."""
    secret = pepper(settings, state)
    examples = example_keys(settings, state)
    options = {**settings.identity.options, "pepper": secret}
    if examples:
        options["principals"] = [_with_key(each, examples, secret) for each in _principals(settings)]
    built = plugins.load(
        "gateway.identity",
        settings.identity.kind,
        options,
        place="identity",
        production=settings.mode == "production",
    )
    return cast("Authenticator", built)


def policy_engine(settings: Settings) -> PolicyEngine:
    """What decides."""
    return cast("PolicyEngine", _plugin("gateway.pdp", settings.policy, "policy", settings))


def backends(settings: Settings, progress: Progress) -> dict[str, Backend]:
    """The model servers by name."""
    built: dict[str, Backend] = {}
    for number, each in enumerate(settings.backends):
        progress(f"Backend {each.name}")
        built[each.name] = cast("Backend", _plugin("gateway.backends", each, f"backends.{number}", settings))
    return built


def detectors(settings: Settings, kinds: Sequence[str] = ()) -> list[Detector]:
    """What looks for sensitive text: all that the settings name, or those of the given kinds.

    A kind that the settings do not name gets its default options.
    """
    named = {each.kind for each in settings.redaction.detectors}
    extra = [PluginSettings(kind=kind) for kind in dict.fromkeys(kinds) if kind not in named]
    chosen = [each for each in settings.redaction.detectors if not kinds or each.kind in kinds]
    return [
        cast("Detector", _plugin("redaction.detectors", each, f"redaction.detectors.{number}", settings))
        for number, each in enumerate([*chosen, *extra])
    ]


def redactor(settings: Settings, state: StateFolder) -> Redactor:
    """What finds and takes out; its key makes the placeholders."""
    memory = ScanMemory(entries=settings.redaction.memory_entries)
    return Redactor(
        detectors(settings),
        key=state.secret("placeholder.key"),
        memory=memory,
        deadline_s=settings.redaction.deadline_s,
        workers=settings.redaction.workers,
    )


def verifiable_log(settings: Settings, state: StateFolder) -> Log:
    """The log, open for writing."""
    audit = settings.audit
    try:
        policy = witness_policy(settings)
    except AuditError as error:
        raise SettingsInvalid(f"audit.witnesses: {error}") from error
    options = LogOptions(
        origin=audit.origin,
        key_path=state.path / audit.key_file,
        signing_key=audit.signing_key.get_secret_value() if audit.signing_key else "",
        deadline_s=audit.deadline_s,
        witnesses=policy,
    )
    try:
        return open_log(log_place(settings), options)
    except AuditError as error:
        raise SettingsInvalid(f"audit: {error}") from error


def control_database(settings: Settings) -> Database:
    """Governance's database; raises ``SettingsInvalid``."""
    try:
        return open_control_database(control_place(settings))
    except ControlUnusable as error:
        raise SettingsInvalid(f"control: {error}") from error


def known_control_database(settings: Settings) -> Database:
    """The same for those who only read: a file that is not there is not made, but an error."""
    place = control_place(settings)
    if isinstance(place, Path) and not place.is_file():
        raise SettingsInvalid(
            f"control: there is no registry at {place}; start the gateway once, or give its --config"
        )
    return control_database(settings)


def control(settings: Settings, log: Log) -> Control:
    """Governance's database, with the log that its changes go into; raises ``SettingsInvalid``."""
    return Control(control_database(settings), log, wall_us=SystemClock().wall_us, new_id=ids.Uuid7())


def directory(settings: Settings, control: Control) -> LiveDirectory:
    """Who owns what, as calls go by it; to be followed before the first of them."""
    stale_after_s = settings.control.stale_after_s
    return LiveDirectory(control, settings.assets, SystemClock(), stale_after_s=stale_after_s)


async def seed(settings: Settings, control: Control) -> None:
    """Brings into the registry what the settings name and it does not know; raises ``SettingsInvalid``."""
    departments = {str(each.get("department")) for each in _principals(settings)}
    try:
        seeded = await seed_registry(control, settings, departments)
        await seed_grants(control, settings.grants)
    except CustodyError as error:
        raise SettingsInvalid(f"the registry does not take the settings: {error}") from error
    for each in seeded.differences:
        _log.warning(
            "the registry has %s as %s of %s, and that counts; the settings say %s",
            each.registry,
            each.facet.value,
            each.asset,
            each.settings,
        )


def vault(settings: Settings, state: StateFolder) -> Vault:
    """Kept prompts and replies with their keys, open; raises ``SettingsInvalid``."""
    payloads = settings.payloads
    keks: dict[str, KeyEncryptionKey] = {}
    for number, each in enumerate(payloads.keys):
        options = each.options
        if "path" in options:  # of a key file: like every file of ours, in the state folder unless absolute
            options["path"] = state.path / str(options["path"])
        place = f"payloads.keys.{number}"
        built = plugins.load(
            "audit.payloads.kek", each.kind, options, place=place, production=settings.mode == "production"
        )
        keks[each.department] = cast("KeyEncryptionKey", built)
    clock = SystemClock()
    try:
        return open_vault(
            placed(settings, payloads.keys_database),
            placed(settings, payloads.database),
            keks,
            lookup_key=state.secret("payload-lookup.key"),
            clock=clock,
            new_id=Uuid7(clock),
        )
    except AuditError as error:
        raise SettingsInvalid(f"payloads: {error}") from error


def retention(settings: Settings) -> Retention:
    """How long each department's payloads stay readable."""
    return Retention(settings.payloads.retention_days, settings.payloads.retention)


def principals(settings: Settings, state: StateFolder) -> Principals:
    """Who the settings name; raises ``SettingsInvalid``."""
    try:
        named = _PRINCIPAL_OPTIONS.validate_python(settings.identity.options.get("principals", []))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        first = ".".join(str(step) for step in faults[0]["loc"])
        raise SettingsInvalid(f"identity.principals.{first}: {faults[0]['msg']}") from error
    return Principals(named, pepper(settings, state))


def governance(settings: Settings, people: People, control: Control) -> Governance:
    """Where operations are performed; raises ``SettingsInvalid`` where the settings name one that is not."""
    operations = catalogue(settings)
    asked = settings.control
    two_people = TwoPeople(frozenset(asked.two_people), asked.proposal_hours)
    unknown = two_people.unknown(operations)
    if unknown:
        known = ", ".join(sorted(each.kind for each in operations))
        raise SettingsInvalid(f"control.two_people: no operation {', '.join(unknown)}; there are {known}")
    return Governance(control, operations, people, two_people, heir=heir)


def sinks(settings: Settings) -> dict[str, Sink]:
    """Where copies of the log go, by name."""
    return {
        each.name: cast("Sink", _plugin("audit.sinks", each, f"audit.sinks.{number}", settings))
        for number, each in enumerate(settings.audit.sinks)
    }


def _plugin(package: str, part: PluginSettings, place: str, settings: Settings) -> object:
    production = settings.mode == "production"
    return plugins.load(package, part.kind, part.options, place=place, production=production)


def _principals(settings: Settings) -> list[dict[str, object]]:
    try:
        return _PRINCIPALS.validate_python(settings.identity.options.get("principals", []))
    except ValidationError:
        return []  # the plug-in's own options say what is wrong with them


def _with_key(
    principal: dict[str, object], examples: dict[str, tuple[str, str]], secret: bytes
) -> dict[str, object]:
    example = examples.get(str(principal.get("id")))
    return (
        principal if example is None else {**principal, "keys": [{"digest": key_digest(example[1], secret)}]}
    )
