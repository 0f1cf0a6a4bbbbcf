import pytest

from gateway.pdp.checks import allowed_package, check
from gateway.pdp.source import PolicyRefused, read_source
from tests.policy_texts import Write


@pytest.mark.parametrize(
    "package",
    [
        "custody.departments.it",
        "custody.departments",
        "custody.departments.product_two",
        "custody.security",
        "custody.access",
        "custody.lib.grants",
        "custody",
        "data.custody.departments.it",
        'custody.departments["it"]',
        'custody.departments["product.x"]',
        'custody["departments.product"]',
        "tests.departments.product",
        "product",
    ],
)
def test_a_department_writes_into_its_own_package_alone(folder: Write, package: str) -> None:
    """A file of one department that declares any other package stops the start, with file and line."""
    source = read_source(folder({"departments/product/x.rego": f"package {package}\n\nallow contains 1\n"}))
    with pytest.raises(PolicyRefused) as caught:
        check(source)
    assert {problem.path for problem in caught.value.problems} == {"departments/product/x.rego"}


def test_a_department_may_divide_its_own_package(folder: Write) -> None:
    """A package below the department's own is its own too."""
    below = {"departments/product/x.rego": "package custody.departments.product.prices\n\nx := 1\n"}
    assert len(check(read_source(folder(below))).modules) == 2


@pytest.mark.parametrize(
    "path", ["departments/x.rego", "departments/It/x.rego", "other/x.rego", "departments/a.b/x.rego"]
)
def test_a_file_outside_the_layers_is_refused(folder: Write, path: str) -> None:
    """What belongs to no layer is not loaded and not ignored: it stops the start."""
    assert allowed_package(path) == ""
    with pytest.raises(PolicyRefused):
        check(read_source(folder({path: "package custody.access.more\n\nx := 1\n"})))


@pytest.mark.parametrize(
    "call",
    [
        'http.send({"method": "get", "url": "http://x"})',
        "time.now_ns()",
        'rand.intn("a", 5)',
        "opa.runtime()",
        'uuid.rfc4122("a")',
        'net.lookup_ip_addr("x")',
        "trace(`x`)",
        "numbers.range(1, 100000000)",
        "no_such_function(1)",
    ],
)
def test_a_call_that_would_break_replay_is_refused(folder: Write, call: str) -> None:
    """Network, clock, randomness and unknown functions are refused with their place."""
    text = (
        f"package custody.lib.x\n\nx if {{\n\tevery y in [1] {{\n\t\ty < count([z | z := {call}])\n\t}}\n}}\n"
    )
    with pytest.raises(PolicyRefused) as caught:
        check(read_source(folder({"lib/x.rego": text})))
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [("lib/x.rego", 5)]


def test_own_and_imported_functions_may_be_called(folder: Write) -> None:
    """Functions of the same package, of an import, of an alias and by full name are known."""
    files = {
        "lib/a.rego": "package custody.lib.a\n\nf(x) := x\n",
        "lib/b.rego": (
            "package custody.lib.b\n\nimport data.custody.lib.a\nimport data.custody.lib.a as c\n\n"
            "g(x) := x\n\nr := [a.f(1), c.f(2), data.custody.lib.a.f(3), g(4)]\n"
        ),
    }
    assert len(check(read_source(folder(files))).modules) == 3


def test_all_problems_are_told_at_once(folder: Write) -> None:
    """Whoever mends a folder sees everything that is wrong with it."""
    files = {
        "lib/a.rego": "package custody.lib.a\nx := {",
        "security/b.rego": "package custody.lib.b\n\nx := opa.runtime()\n",
    }
    with pytest.raises(PolicyRefused) as caught:
        check(read_source(folder(files)))
    assert len(caught.value.problems) == 3


def test_a_folder_without_the_entry_point_is_refused(folder: Write) -> None:
    """Without the decision rule there is no policy."""
    with pytest.raises(PolicyRefused, match="entry point"):
        check(read_source(folder({"main.rego": "package custody.access\n\nother := 1\n"})))


@pytest.mark.parametrize(
    "rules",
    [
        "x if x",
        "x if not x",
        "x := y\n\ny := x",
        "f(a) := f(a)\n\nx := f(1)",
        "x contains a if some a in data.custody.lib.x.x",
        "x := [a | some a in data.custody.lib[input.b]]",
        "x := {k: v | some k in [1]; v := y[k]}\n\ny[k] := v if {\n\tsome k, v in x\n}",
        'x := data.custody.lib["x"].x',
        "default x := false\n\nx if {\n\tevery y in [1] {\n\t\ty == x\n\t}\n}",
        "x := 1 if input.a else := x",
    ],
)
def test_a_rule_that_needs_itself_is_refused(folder: Write, rules: str) -> None:
    """Recursion stops the start: in its compiled form it would end the whole process."""
    with pytest.raises(PolicyRefused, match="depends on itself"):
        check(read_source(folder({"lib/x.rego": f"package custody.lib.x\n\n{rules}\n"})))


def test_a_field_named_like_a_rule_is_no_recursion(folder: Write) -> None:
    """Reading a field, a key or an input of a rule's own name is not using the rule."""
    rules = (
        'package custody.lib.x\n\npurpose := {"purpose": input.context.purpose} if input.context.stream\n\n'
        "use_case contains input.context.use_case\n"
    )
    assert len(check(read_source(folder({"lib/x.rego": rules}))).modules) == 2
