"""Policies into the store and out of it: build, list, export, verify."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from gateway.bundled import policies as shipped
from gateway.cli.acting import As, person
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.policy_folder import Folder, told
from gateway.cli.policy_office import Json, Office, Policy, moment, run
from gateway.pdp.lifecycle import store
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import policy_files, read_bundle
from gateway.pdp.lifecycle.git import GitRefused, read_commit
from gateway.pdp.lifecycle.store import Activation, StoredBundle
from gateway.pdp.lifecycle.workshop import Draft
from gateway.pdp.source import PolicyRefused, read_source
from gateway.policy_desk import bundle_key, bundle_trust
from gateway.settings import SettingsInvalid
from gateway.state import StateFolder

_SHORT = 12


def build(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    who: As,
    policies: Folder = None,
    git: Annotated[
        Path | None, typer.Option("--git", help="A git repository, bare or not, in place of a folder.")
    ] = None,
    commit: Annotated[str, typer.Option("--commit", help="Which commit of it.")] = "HEAD",
    path: Annotated[str, typer.Option("--path", help="The folder of policies inside it.")] = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Check a policy, build its signed bundle and store it; it is not in force yet."""
    settings = configured(config)
    draft = _from_git(git, commit, path) if git is not None else _from_folder(policies or shipped())
    acting = person(settings, who)
    bundle = run(settings, lambda office: office.desk.workshop.build(acting, draft))
    typer.echo(orjson.dumps(asdict(bundle)) if as_json else f"Stored as {bundle.revision}")


def list_policies(
    config: ConfigOption = None,
    history: Annotated[bool, typer.Option("--history", help="What was in force when, instead.")] = False,
    as_json: Json = False,
) -> None:
    """List the stored policies, and which is in force; or what was in force when."""
    settings = configured(config)

    async def read(office: Office) -> tuple[list[StoredBundle], list[Activation]]:
        return await office.control.read(lambda c: (_all(c), store.activations(c)))

    bundles, activations = run(settings, read)
    if as_json:
        listed = activations if history else bundles
        typer.echo(b"\n".join(orjson.dumps(asdict(each)) for each in listed))
    else:
        Console(soft_wrap=True).print(_history(activations) if history else _table(bundles, activations))


def export(
    policy: Policy,
    to: Annotated[Path, typer.Option("--to", help="File to write.")],
    config: ConfigOption = None,
) -> None:
    """Write the signed bundle of a stored policy to a file."""
    settings = configured(config)

    async def read(office: Office) -> tuple[StoredBundle, bytes]:
        return await office.control.read(lambda c: _content(c, policy))

    bundle, content = run(settings, read)
    to.write_bytes(content)
    typer.echo(f"{to}: {len(content)} bytes, policy {bundle.revision}, signed by {bundle.key_id}")


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle.")],
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Verify a bundle as a gateway with these settings would before putting it into force."""
    settings = configured(config)
    try:
        trust = bundle_trust(settings, bundle_key(settings, StateFolder(settings.state_dir)))
        bundle = read_bundle(file.read_bytes(), trust)
    except BundleRefused as refused:
        typer.echo(f"refused: {refused}", err=True)
        raise typer.Exit(1) from refused
    except (SettingsInvalid, OSError) as error:
        fail(str(error))
    facts = {"revision": bundle.revision, "bundle": bundle.digest, "key_id": bundle.key_id}
    if as_json:
        typer.echo(orjson.dumps(facts))
    else:
        typer.echo(f"sound: policy {bundle.revision} for {trust.environment}, signed by {bundle.key_id}")


def _from_folder(folder: Path) -> Draft:
    try:
        return Draft(policy_files(read_source(folder)), "folder")
    except PolicyRefused as refused:
        raise told(refused, folder) from refused


def _from_git(repository: Path, name: str, path: str) -> Draft:
    try:
        commit = read_commit(repository, name, path)
    except GitRefused as refused:
        typer.echo(f"{repository}: {refused}", err=True)
        raise typer.Exit(1) from refused
    return Draft(commit.files, "git", commit.id)


def _all(connection: Connection) -> list[StoredBundle]:
    found: list[StoredBundle] = []
    while some := store.bundles(connection, after=found[-1].revision if found else ""):
        found += some
    return sorted(found, key=lambda bundle: bundle.built_us, reverse=True)


def _content(connection: Connection, policy: str) -> tuple[StoredBundle, bytes]:
    bundle = store.named_bundle(connection, policy)
    return bundle, store.content(connection, bundle.revision) or b""


def _table(bundles: list[StoredBundle], activations: list[Activation]) -> Table:
    active = activations[0].revision if activations else ""
    table = Table("policy", "in force", "built", "from", "by", "files", "tests", box=None)
    for each in bundles:
        table.add_row(
            each.revision[:_SHORT],
            "yes" if each.revision == active else "",
            moment(each.built_us),
            f"{each.origin} {each.reference[:_SHORT]}".rstrip(),
            each.department or "gateway",
            str(each.modules),
            str(each.tests),
        )
    return table


def _history(activations: list[Activation]) -> Table:
    table = Table("in force since", "policy", "how", "by", "approved by", box=None)
    for each in activations:
        table.add_row(moment(each.at_us), each.revision[:_SHORT], each.how, each.by, each.approved_by)
    return table
