"""A department cannot widen another's rights: a trick is refused before it is in force, or does nothing."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.bundled import policies
from gateway.domain import AccessRequest, Action
from gateway.pdp.checks import check
from gateway.pdp.judge import Judge
from gateway.pdp.rego import Module
from gateway.pdp.source import PolicyRefused, PolicySource, read_files, read_source

_ALLOW = """allow contains {
	"code": "mine", "rule": "mine", "message_user": "", "message_admin": "", "remedy": "",
} if true
"""


def with_files(files: Mapping[str, str]) -> PolicySource:
    """The shipped policy with these files added by the department retail."""
    shipped = read_source(policies())
    tests = {test.path: test.text.encode() for test in shipped.tests}
    added = {name: text.encode() for name, text in files.items()}
    return read_files({**shipped.files, **tests, **added}, shipped.folder)


def retail(
    body: str, package: str = "custody.departments.retail", name: str = "trick.rego"
) -> dict[str, str]:
    """A file of retail's."""
    return {f"departments/retail/{name}": f"package {package}\n\n{body}\n"}


@pytest.fixture(scope="module")
def before() -> Judge:
    """A judge by the shipped policy, without retail's trick."""
    return Judge.formed(read_source(policies()), "compiled")


@pytest.fixture
def foreign(letter: AccessRequest) -> AccessRequest:
    """Retail tunes product's adapter, which product never allowed."""
    return replace(letter, action=Action.TUNE)


REFUSED: dict[str, dict[str, str]] = {
    "another department's package": retail(_ALLOW, "custody.departments.product"),
    "a package below another's": retail(_ALLOW, "custody.departments.product.extra"),
    "the entry point's package": retail("allow if true", "custody.access"),
    "a package below the entry point": retail("x := 1", "custody.access.decision"),
    "a package above all": retail("access := {}", "custody"),
    "the departments' own package": retail("product := {}", "custody.departments"),
    "security's package": retail("deny := set()", "custody.security"),
    "the library's package": retail("granted := true", "custody.lib.grants"),
    "a package outside custody": retail("x := 1", "main"),
    "a package that begins like its own": retail("x := 1", "custody.departments.retail2"),
    "a package path with brackets": retail("x := 1", 'custody.departments["product"]'),
    "another's folder with its own package": {
        "departments/product/trick.rego": "package custody.departments.retail\n\nx := 1\n"
    },
    "the top folder": {"trick.rego": f"package custody.departments.product\n\n{_ALLOW}"},
    "a test file that writes to the decision": {
        "departments/retail/trick_test.rego": f"package custody.departments.product\n\n{_ALLOW}"
    },
    "with on the decision": retail(
        'x if data.custody.access.decision.allow with input.subject.department as "product"'
    ),
    "with on another's rules": retail(
        "x if data.custody.departments.product.allow with data.custody.departments.product.deny as set()"
    ),
    "a rule that leans on the decision": retail(
        'allow contains {"code": "x"} if data.custody.access.decision.allow'
    ),
    "a function from the network": retail(
        'allow contains http.send({"method": "GET", "url": "http://x"}).body if true'
    ),
    "the clock": retail('allow contains {"code": "x"} if time.now_ns() > 0'),
    "data where the rules are": {"data.yaml": "custody:\n  access: {}\n"},
    "data in a folder called custody": {"custody/data.json": '{"access": {}}'},
    "data over another's": {"departments/data.json": '{"contacts": {}}', "data.yaml": "contacts: {}\n"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_trick_is_refused_before_it_is_in_force(name: str) -> None:
    """The whole folder is refused, so what was in force stays in force."""
    with pytest.raises(PolicyRefused):
        check(with_files(REFUSED[name]))


HARMLESS: dict[str, dict[str, str]] = {
    "saying yes to everything": retail(_ALLOW),
    "a default of allow": retail("default allowed := true"),
    "its own rule called like the entry point's": retail('decision := {"allow": true}\n\npermitted := true'),
    "its own rules called like another's": retail('agreed_use := true\n\nuses := {"x": "retail"}'),
    "its own function called like a library's": retail("granted := true\n\nwithin(_, _) := true"),
    "input shadowed by a local": retail(
        'x if {\n\tsome input in [{"action": "tune"}]\n\tinput.action == "tune"\n}'
    ),
    "data shadowed by a local": retail("x if {\n\tsome data in [1]\n\tdata == 1\n}"),
    "an import under another's name": retail(
        "import data.custody.departments.retail.mine as product\n\nmine := 1\n\ny := product"
    ),
    "a package below its own called like the rest": retail(
        "allow := true", "custody.departments.retail.custody.access"
    ),
    "a comprehension over another's rules": retail(
        "seen := {said | some said in data.custody.departments.product.deny}"
    ),
    "data under its own folder called like another": {
        "departments/retail/data.json": '{"departments": {"product": {"allow": true}}, "security": {}}'
    },
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_let_in_changes_nobody_elses_decision(
    name: str, before: Judge, foreign: AccessRequest, letter: AccessRequest
) -> None:
    """What a department may write in its own package leaves decisions on others' assets as they were.

    Where the file is refused after all, nothing changes either.
    """
    try:
        after = Judge.formed(check(with_files(HARMLESS[name])).source, "compiled")
    except PolicyRefused:
        return
    for asked in (foreign, letter, *_others(letter)):
        was, now = before.decide(asked.to_input()), after.decide(asked.to_input())
        assert (was.allow, was.reasons, was.obligations) == (now.allow, now.reasons, now.obligations)


def _others(letter: AccessRequest) -> list[AccessRequest]:
    """The letter by everybody, for everything that can be asked."""
    return [
        replace(letter, subject=replace(letter.subject, department=department), action=action)
        for department in ("retail", "it", "legal", "audit")
        for action in Action
    ]


@pytest.mark.parametrize("silent", ["it", "product"])
def test_a_joint_asset_needs_all(silent: str, letter: AccessRequest) -> None:
    """Without one owner's consent the adapter is closed, and the other's is named beside the refusal."""
    shipped = read_source(policies())
    modules = tuple(
        Module(
            module.path,
            f"package {_package(module)}\n\nallow := set()\n\ndeny := set()\n\nobligations := {{}}\n",
        )
        if module.path.startswith(f"departments/{silent}/")
        else module
        for module in shipped.modules
    )
    both = Judge.formed(shipped, "compiled").decide(letter.to_input())
    one = Judge.formed(replace(shipped, modules=modules), "compiled").decide(letter.to_input())
    assert both.allow
    assert not one.allow
    deciding = one.deciding
    assert deciding is not None
    assert (deciding.department, deciding.code) == (silent, "no_rule_allows")
    assert any(reason.code == "owners_disagree" for reason in one.reasons)


@pytest.mark.parametrize("said", ["[]", '{"x": 1}', "true", '"yes"', "1", "null"])
def test_a_package_of_a_wrong_shape_consents_to_nothing(said: str, letter: AccessRequest) -> None:
    """An owner whose allow is no set has not consented, whatever it holds."""
    shipped = read_source(policies())
    modules = tuple(
        Module(
            module.path,
            f"package {_package(module)}\n\nallow := {said}\n\ndeny := set()\n\nobligations := {{}}\n",
        )
        if module.path.startswith("departments/product/")
        else module
        for module in shipped.modules
    )
    decision = Judge.formed(replace(shipped, modules=modules), "compiled").decide(letter.to_input())
    assert not decision.allow


def _package(module: Module) -> str:
    return f"custody.departments.{module.path.split('/')[1]}"
