"""The parts of a report that show what is on record: ownership, provenance, exhibits, policies, gaps."""

from collections.abc import Iterator
from itertools import groupby

from gateway.control.schema import FOREVER
from gateway.ownership.dossier.material import Material
from gateway.ownership.dossier.policies import PolicyUsed
from gateway.ownership.evidence.drawings import graph, two_axes
from gateway.ownership.evidence.words import labels, moment, short, spoken
from gateway.ownership.registry.history import Assertion
from gateway.pdp.replay.redecide import Outcome
from gateway.report.markup import Child, Markup, joined, table, tag
from gateway.report.page import bullets, paragraphs


def ownership(material: Material) -> Markup:
    """Who held which facet: each assertion in a table; what is disputed or changed on two axes of time."""
    if not material.timeline:
        return paragraphs("The registry holds nothing of this asset.")
    lead = paragraphs(
        "Across: from when somebody held the facet in the world. Upwards: from when that was believed. Read"
        " along the top for what is believed now; a box below another says what was believed before. Steps of"
        " time are drawn alike, however long they were.",
    )
    holders, drawn = sorted({each.holder for each in material.timeline}), []
    for facet, group in groupby(material.timeline, key=lambda each: each.facet):
        found = list(group)
        if len(found) > 1 or facet.value in material.case.facets:
            drawn.append(_drawn(facet.value, found, holders))
    return joined((*((lead, *drawn) if drawn else ()), _assertions(material)))


def origin(material: Material) -> Markup:
    """What the asset is made of."""
    found = material.provenance
    rows = [(link.child, spoken(link.kind.value), link.parent) for link in found.links]
    owners = [(node.asset, spoken(node.type), node.owner or "nobody") for node in found.nodes]
    return joined(
        (
            graph("provenance", found),
            table("Assets", ("asset", "type", "accountable owner"), owners),
            table("Links", ("asset", "is", "of"), rows) if rows else Markup(""),
        )
    )


def rights(material: Material) -> Markup:
    """Who had been granted what on the asset when the dispute took its last step."""
    if not material.grants:
        return paragraphs("Nobody held a grant on the asset at the dispute's last step.")
    rows = [
        (
            each.terms.department,
            each.terms.action.value,
            each.terms.class_ceiling.value,
            each.terms.use_case or "any",
            moment(each.terms.to_us),
            each.source.grantor,
        )
        for each in material.grants
    ]
    head = ("to", "right", "up to class", "for use case", "until", "given by")
    return table("Grants in force at the dispute's last step", head, rows)


def exhibits(material: Material) -> Markup:
    """What each party put before the panel: questions to the log, frozen with their answers."""
    if not material.file.exhibits:
        return paragraphs("No exhibit was filed.")
    rows = [
        (
            str(each.number),
            each.party,
            each.name,
            _query(each.frozen.query),
            f"{len(each.frozen.indexes):,}",
            f"{each.frozen.tree_size:,}",
            tag("code", short(each.frozen.result_sha256)),
        )
        for each in material.file.exhibits
    ]
    head = ("no.", "party", "shows", "question", "entries", "asked of the first", "digest of the answer")
    lead = "Every entry of an exhibit is in this bundle, with its proof; verify.py checks both."
    return joined((paragraphs(lead), table("Exhibits", head, rows)))


def policies(material: Material) -> Markup:
    """Which policies decided the asset's calls, and who put them into force."""
    if not material.policies:
        return paragraphs("No policy decided a call of this asset in this time.")
    rows = [row for each in material.policies for row in _policy(each)]
    head = (
        "revision",
        "decisions",
        "text in this bundle",
        "in force from",
        "put into force by",
        "consented to by",
    )
    return table("Policies that decided calls of the asset", head, rows)


def gaps(material: Material) -> Markup:
    """What this dossier does not show, as far as is known."""
    return tag("div", bullets(tuple(declared_gaps(material))), class_="gap")


def declared_gaps(material: Material) -> Iterator[str]:
    """Each gap as a sentence."""
    span = material.span
    if material.left_out:
        yield (
            f"{material.left_out} older entries of the asset's calls are counted here and not carried: ask"
            f" for the range {span.first} to {span.end} with `custody audit export`."
        )
    yield (
        "Figures of data handling count whole departments, so most entries behind them are not carried;"
        " whoever has the log counts them again with"
        f" `custody audit scorecard --first {span.first} --end {span.end}`."
    )
    for each in material.policies:
        yield from _policy_gaps(each)
    changed = material.replays[0].counts.get(Outcome.CHANGED, 0)
    if changed:
        yield f"The control changed the verdict of {changed} calls, so do not rely on the replay."
    yield from material.cards.gaps
    yield from material.usage.gaps


def _policy_gaps(each: PolicyUsed) -> Iterator[str]:
    name = short(each.revision)
    if not each.text:
        yield f"The text of policy {name}, which made {each.decisions} decisions, is not at hand."
    if not each.activations:
        yield f"Nothing on record says who put policy {name} into force."


def _drawn(facet: str, found: list[Assertion], holders: list[str]) -> Markup:
    moments = [
        us
        for each in found
        for us in (each.valid_from_us, each.valid_to_us, each.recorded_from_us, each.recorded_to_us)
        if us < FOREVER
    ]
    title = spoken(facet)
    plot = two_axes(f"owner-{facet}", title, found, labels(moments), holders)
    return joined((tag("h3", f"{title[0].upper()}{title[1:]}"), plot))


def _assertions(material: Material) -> Markup:
    rows = [
        (
            spoken(each.facet.value),
            each.holder,
            each.basis.value,
            moment(each.valid_from_us),
            moment(each.valid_to_us),
            moment(each.recorded_from_us),
            moment(each.recorded_to_us),
        )
        for each in material.timeline
    ]
    head = ("facet", "holder", "ground", "true from", "true until", "believed from", "believed until")
    return table(f"Everything that was ever asserted of {material.case.asset}", head, rows)


def _policy(each: PolicyUsed) -> Iterator[tuple[Child, ...]]:
    revision, text = tag("code", short(each.revision)), "yes" if each.text else "no"
    if not each.activations:
        yield revision, f"{each.decisions:,}", text, "not on record", "", ""
    for done in each.activations:
        by = tag("code", short(done.by))
        second = tag("code", short(done.approved_by)) if done.approved_by else "nobody"
        yield revision, f"{each.decisions:,}", text, f"{moment(done.at_us)} ({done.how})", by, second


def _query(query: dict[str, object]) -> str:
    return ", ".join(f"{spoken(name)} {value}" for name, value in sorted(query.items())) or "every entry"
