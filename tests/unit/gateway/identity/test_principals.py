from gateway.identity.api_keys import PrincipalOptions
from gateway.identity.principals import Principals

LEAD = PrincipalOptions(id="product-lead", kind="person", department="product", roles=("owner",))
PEOPLE = Principals([LEAD], b"pepper")


def test_a_principal_is_found_by_name_and_by_opaque_id() -> None:
    """The command line knows a principal by its name, a proposal by its subject id: both lead to one."""
    lead = PEOPLE.named("product-lead")
    assert lead is not None
    assert lead == PEOPLE.find(lead.subject.id)
    assert (lead.subject.department, lead.subject.roles) == ("product", ("owner",))


def test_an_opaque_id_does_not_tell_the_name() -> None:
    """What goes on record is not the principal's name, and no id is found by a name or another pepper."""
    lead = PEOPLE.named("product-lead")
    assert lead is not None
    assert "product-lead" not in lead.subject.id
    assert PEOPLE.find("product-lead") is None
    assert Principals([LEAD], b"other").find(lead.subject.id) is None
