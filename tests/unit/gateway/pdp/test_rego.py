import gc
import threading
import weakref

import pytest

from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, RegoError, Undefined, _ThreadBound, parse

PANIC = Module("p.rego", 'package p\n\nr := strings.count("abc", "")\n\nsound := 1\n\nnothing := null\n')


def test_a_panic_is_an_ordinary_error() -> None:
    """A panic of regorus, which derives from BaseException, comes out as RegoError."""
    with pytest.raises(RegoError):
        Interpreter([PANIC], {}).evaluate("data.p.r", None)


def test_undefined_is_not_null() -> None:
    """An undefined rule raises, and null is a value."""
    engine = Interpreter([PANIC, Module("q.rego", "package q\n\nr if input.x\n")], {})
    with pytest.raises(Undefined):
        engine.evaluate("data.q.r", "{}")
    assert engine.evaluate("data.p.nothing", None) is None


def test_each_thread_gets_its_own_engine() -> None:
    """Both forms answer in a thread other than their maker's."""
    forms = (
        Interpreter([PANIC], {}),
        CompiledPolicy([Module("q.rego", "package q\n\nr := 1\n")], {}, "data.q.r"),
    )
    answers: list[object] = []

    def ask() -> None:
        answers.extend((forms[0].evaluate("data.p.sound", None), forms[1].evaluate("{}")))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [1, 1]


def test_a_runaway_policy_stops_in_compiled_form() -> None:
    """The compiled form stops by itself after a fixed number of instructions."""
    pairs = "some a in numbers.range(1, 900); some b in numbers.range(1, 900); a == b"
    endless = f"package q\n\nr := count([1 | {pairs}])\n"
    with pytest.raises(RegoError):
        CompiledPolicy([Module("q.rego", endless)], {}, "data.q.r").evaluate("{}")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("package a\nx := {", 2, 7), ("package a\n\ny = = 1", 3, 5), ("\ufeffpackage a", 1, 1), ("", 1, 1)],
)
def test_a_syntax_error_has_a_place(text: str, line: int, column: int) -> None:
    """A module that does not parse is refused with file, line and column, and no stack of ours."""
    with pytest.raises(RegoError) as caught:
        parse(Module("dir/a.rego", text))
    problem = caught.value.problem
    assert (problem.path, problem.line, problem.column) == ("dir/a.rego", line, column)
    assert "backtrace" not in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize("text", ["package a\nx := y", "package a\nx := nosuch(1)"])
def test_compiling_finds_what_parsing_does_not(text: str) -> None:
    """Unknown variables and functions are refused before the first decision."""
    with pytest.raises(RegoError):
        CompiledPolicy([Module("a.rego", text)], {}, "data.a.x")


def test_a_long_line_is_refused() -> None:
    """A line over 1,024 columns is refused, with its place."""
    with pytest.raises(RegoError, match=r"a\.rego:2:"):
        parse(Module("a.rego", f'package a\nx := "{"y" * 1025}"'))


def test_an_engine_freed_by_another_thread_does_not_raise() -> None:
    """An engine that the garbage collector finds in another thread than its maker's is not freed there."""
    ring: list[object] = [Interpreter([PANIC], {})]
    ring.append(ring)
    del ring
    # An unraisable error in the thread would be a warning, and so fail this test.
    thread = threading.Thread(target=gc.collect)
    thread.start()
    thread.join()
    gc.collect()


def test_an_engine_outlives_its_thread_though_the_number_is_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread that was given the number of an engine's ended maker does not free the engine."""
    made: list[_ThreadBound] = []
    maker = threading.Thread(target=lambda: made.append(_ThreadBound(_Held())))
    maker.start()
    maker.join()
    held = weakref.ref(made[0].held)
    monkeypatch.setattr(threading, "get_ident", lambda: maker.ident)
    made.clear()
    assert held() in _ThreadBound._strays


def test_an_engine_is_freed_with_the_thread_that_made_it() -> None:
    """A thread that ends takes its engines along; they are not kept."""
    local = threading.local()
    references: list[weakref.ref[_Held]] = []

    def make() -> None:
        local.bound = _ThreadBound(_Held())
        references.append(weakref.ref(local.bound.held))

    maker = threading.Thread(target=make)
    maker.start()
    maker.join()
    assert references[0]() is None


class _Held:
    """Something in an engine's place that can be watched."""
