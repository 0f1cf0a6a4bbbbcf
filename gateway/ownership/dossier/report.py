from gateway.ownership.dossier import case_parts, figure_parts, record_parts
from gateway.ownership.dossier.material import Material
from gateway.report.markup import tag
from gateway.report.page import Section, page

_HOW = (
    "This file comes out of a bundle of evidence. Whoever holds the whole bundle checks it offline with the"
    " verify.py in it: that every entry of the log stands in the signed log as it was written, that this"
    " report and the data beside it are those that were sealed in the log, and that no exhibit and no"
    " statement was changed. README.txt says how."
)


def report(material: Material) -> bytes:
    """The dossier as one page to read; the files beside it hold the same as data."""
    case = material.case
    sections = (
        Section("claims", "Claims", case_parts.claims(material)),
        Section("procedure", "Procedure", case_parts.procedure(material)),
        Section("ruling", "Ruling", case_parts.ruling(material)),
        Section("panel", "Panel, votes and dissent", case_parts.panel(material)),
        Section("ownership", "Who held what when", record_parts.ownership(material)),
        Section("origin", "Where the asset comes from", record_parts.origin(material)),
        Section("rights", "Who was granted what", record_parts.rights(material)),
        Section("exhibits", "Exhibits", record_parts.exhibits(material)),
        Section("handling", "How departments handle data", figure_parts.handling(material)),
        Section("use", "Use and cost", figure_parts.use(material)),
        Section("replay", "What would have been decided", figure_parts.replay(material)),
        Section("policies", "Policies", record_parts.policies(material)),
        Section("gaps", "What this does not show", record_parts.gaps(material)),
        Section("checking", "How to check this", tag("p", _HOW)),
    )
    kind = case.kind.value.capitalize()
    return page(f"{kind} about {case.asset}", case_parts.summary(material), sections)
