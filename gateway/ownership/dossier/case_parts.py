"""The parts of a report that tell the dispute: claims, steps, votes and what was ruled."""

from collections.abc import Iterator, Mapping

from gateway.ownership.disputes.values import Claim, Ruling, Seat, Vote
from gateway.ownership.dossier.material import Material
from gateway.ownership.evidence.words import moment, short, spoken
from gateway.report.markup import Markup, joined, table, tag
from gateway.report.page import paragraphs


def summary(material: Material) -> Markup:
    """What it is about and how it stands, in a few facts."""
    case = material.case
    facts = {
        "Dispute": case.id,
        "Asset": f"{case.asset} ({spoken(case.asset_type)})",
        "About": ", ".join(map(spoken, case.facets)),
        "Parties": ", ".join(f"{party.id} ({party.side.value})" for party in case.parties),
        "State": f"{spoken(case.state.value)} since {moment(case.since_us)}",
        "Told until": f"{moment(material.horizon_us)}; all times are UTC",
        "Counted": f"entries {material.span.first} to {material.span.end - 1} of the audit log",
    }
    pairs = [part for name, value in facts.items() for part in (tag("dt", name), tag("dd", value))]
    return joined((tag("dl", *pairs, class_="facts"), _outcome(material)))


def claims(material: Material) -> Markup:
    """Each claim with its ground and what the party says."""
    case = material.case
    if not case.claims:
        return paragraphs("Nobody claimed anything yet.")
    rows = [
        (str(claim.number), claim.party, spoken(claim.facet), claim.basis, _validity(claim))
        for claim in case.claims
    ]
    head = ("no.", "party", "facet", "ground", "to hold")
    said = [part for each in case.claims for part in _stated(material, each)]
    more = [
        _quoted(material, f"{each.party} {spoken(each.step)} on {moment(each.at_us)}", each.digest)
        for each in case.statements
    ]
    return joined((table("What is claimed, on which ground", head, rows), *said, *more))


def procedure(material: Material) -> Markup:
    """Each step, by whom and when, silence too; and the interim measures."""
    rows = [
        (
            str(event.seq),
            spoken(event.step),
            spoken(event.state),
            moment(event.at_us),
            event.party or event.department or "silence",
            tag("code", short(event.actor)) if event.actor else "",
        )
        for event in material.case.events
    ]
    steps = table("Steps of the procedure", ("no.", "step", "state after it", "when", "for", "by"), rows)
    return joined((steps, _measures(material)))


def panel(material: Material) -> Markup:
    """Who sat, who was challenged, what the policy recommended, who voted how, and what dissenters say."""
    case = material.case
    if not case.seats:
        return paragraphs("No panel has been formed.")
    seats = [
        (tag("code", short(seat.adjudicator)), seat.department, str(seat.instance), _sits(seat))
        for seat in case.seats
    ]
    votes = [
        (tag("code", short(vote.adjudicator)), f"draft {vote.ruling}", "for" if vote.in_favour else "against")
        for vote in case.votes
    ]
    return joined(
        (
            table("Seats", ("adjudicator", "department", "instance", "sits"), seats),
            *_challenges(material),
            _recommended(material),
            table("Votes", ("adjudicator", "on", "vote"), votes)
            if votes
            else paragraphs("Nobody has voted."),
            *(_opinion(material, vote) for vote in case.votes if vote.opinion),
        )
    )


def ruling(material: Material) -> Markup:
    """What was ruled, with reasons and conditions."""
    case = material.case
    if case.settled is not None:
        given = [(spoken(each.facet), each.holder or "as it was") for each in case.settled.dispositions]
        return joined(
            (table("Settled", ("facet", "held by"), given), _quoted(material, "Terms", case.settled.terms))
        )
    if case.ruling is None:
        return paragraphs("Nothing has been ruled yet.")
    return joined(_ruled(material, case.ruling))


def _stated(material: Material, claim: Claim) -> Iterator[Markup]:
    """What a party says for a claim; an applicant also says what it plans, at what cost, on which terms."""
    title = f"{claim.party}, claim {claim.number}"
    yield _quoted(material, title, claim.statement)
    yield _quoted(material, f"{title}: plan", claim.plan)
    if claim.cost:
        yield paragraphs(f"Offered for a year: {claim.cost:,} of the currency's smallest unit.")
    for digest in claim.conditions:
        yield _quoted(material, f"{title}: condition", digest)


def _ruled(material: Material, found: Ruling) -> Iterator[Markup]:
    given = [
        (spoken(each.facet), each.holder or "as it was", _from(each.valid_from_us))
        for each in found.dispositions
    ]
    yield table("Who is to hold what", ("facet", "holder", "from"), given)
    yield _quoted(material, "Reasons", found.reasons)
    for each in found.conditions:
        due = f", by {moment(each.due_us)}" if each.due_us else ""
        yield _quoted(material, f"Condition for {each.party}{due}", each.text)
    yield paragraphs(
        f"Term: {moment(found.term_us)}. "
        + (f"To be reviewed by {moment(found.review_us)}." if found.review_us else "No review is set.")
    )


def _outcome(material: Material) -> Markup:
    case = material.case
    found = case.ruling or case.settled
    if found is None:
        return paragraphs("Nothing has been decided yet.")
    given = "; ".join(
        f"{spoken(each.facet)}: {each.holder or 'stays as it was'}" for each in found.dispositions
    )
    how = "The panel ruled" if case.ruling else "The parties agreed"
    return tag("p", tag("strong", f"{how}: {given}."))


def _recommended(material: Material) -> Markup:
    rows = [
        (str(each.number), _listed(each.facets), tag("code", short(each.policy_revision)))
        for each in material.case.recommendations
    ]
    if not rows:
        return paragraphs("The panel asked for no recommendation.")
    caption = "What the policy for adjudication recommended; it binds nobody"
    return table(caption, ("no.", "recommended", "by policy"), rows)


def _measures(material: Material) -> Markup:
    rows = []
    for each in material.file.measures:
        if each.from_us <= material.horizon_us:
            binds = ", ".join((*map(spoken, each.facets), *each.departments)) or each.asset
            ended = each.until_us <= material.horizon_us
            until = moment(each.until_us) if ended else "still in force"
            rows.append((spoken(each.kind.value), binds, moment(each.from_us), until))
    if not rows:
        return paragraphs("No interim measure was ordered.")
    return table("Interim measures", ("measure", "binds", "from", "until"), rows)


def _challenges(material: Material) -> Iterator[Markup]:
    for each in material.case.challenges:
        decided = {None: "not decided", True: "upheld", False: "not upheld"}[each.upheld]
        title = f"{each.party} challenges {short(each.adjudicator)} ({decided})"
        yield _quoted(material, title, each.reason)


def _opinion(material: Material, vote: Vote) -> Markup:
    how = "Concurring opinion" if vote.in_favour else "Dissent"
    return _quoted(material, f"{how} of {short(vote.adjudicator)} on draft {vote.ruling}", vote.opinion)


def _quoted(material: Material, title: str, digest: str) -> Markup:
    kept = material.file.texts.get(digest)
    if kept is None:
        return Markup("")
    return joined((tag("h3", title), tag("blockquote", kept.text)))


def _validity(claim: Claim) -> str:
    until = f" until {moment(claim.valid_to_us)}" if claim.valid_to_us else ""
    return f"from {moment(claim.valid_from_us)}{until}"


def _from(us: int | None) -> str:
    return moment(us) if us else "execution"


def _listed(facets: Mapping[str, str]) -> str:
    return "; ".join(f"{spoken(facet)}: {party or 'nobody'}" for facet, party in facets.items())


def _sits(seat: Seat) -> str:
    if seat.left:
        return "left"
    return "yes" if seat.appointed else "offered"
