"""The page of commands says what there is."""

from pathlib import Path

from gateway.cli import reference

PAGE = Path(reference.__file__).with_name("COMMANDS.md").read_text("utf-8")


def _sections(page: str) -> dict[str, set[str]]:
    """By command, the names of its arguments and options."""
    return {
        section.partition("`\n")[0]: {
            line.partition("`:")[0].partition("` (")[0]
            for line in section.splitlines()
            if line.startswith("- `")
        }
        for section in page.split("## `")[1:]
    }


def test_every_command_and_option_stands_on_the_page() -> None:
    """A command, an argument or an option that is not on the page fails; make the page anew."""
    written, there = _sections(PAGE), _sections(reference.page())
    assert there.keys() <= written.keys()
    assert {name: options - written[name] for name, options in there.items() if options - written[name]} == {}


def test_nothing_on_the_page_is_gone() -> None:
    """What the page lists exists."""
    assert _sections(PAGE).keys() == _sections(reference.page()).keys()


def test_everything_is_explained() -> None:
    """Each command and each option has a help text."""
    assert ": \n" not in reference.page()
    assert "`\n\n" not in reference.page()
