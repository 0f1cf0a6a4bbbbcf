import pytest

from gateway import plugins
from gateway.settings import SettingsInvalid

BACKENDS = "gateway.backends"


def test_kinds_are_files() -> None:
    """The kinds of a folder are its files that can build something, and nothing else in it."""
    kinds = plugins.kinds(BACKENDS)
    assert {"openai_compatible", "scripted"} <= set(kinds)
    assert "base" not in kinds


@pytest.mark.parametrize("kind", ["nothing", "base", "os", "..evil", ""])
def test_only_our_own_files_load(kind: str) -> None:
    """A kind that is no plug-in file of the folder is refused by name and nothing is imported."""
    with pytest.raises(SettingsInvalid, match="no kind"):
        plugins.load(BACKENDS, kind, {}, place="backends.0", production=False)


def test_options_are_checked_with_their_place() -> None:
    """A wrong option is refused with the place where it stands and without its value."""
    with pytest.raises(SettingsInvalid, match=r"backends\.0\.hush") as caught:
        plugins.load(BACKENDS, "scripted", {"hush": "secret-value"}, place="backends.0", production=False)
    assert "secret-value" not in str(caught.value)


def test_double_is_refused_in_production() -> None:
    """A scripted backend cannot be what a production gateway answers with."""
    with pytest.raises(SettingsInvalid, match="development"):
        plugins.load(BACKENDS, "scripted", {}, place="backends.0", production=True)
    assert plugins.load(BACKENDS, "scripted", {}, place="backends.0", production=False)


def test_part_that_cannot_be_built_is_a_settings_fault() -> None:
    """A policy folder that is not there stops the start with its place, not with a traceback."""
    with pytest.raises(SettingsInvalid, match="policy"):
        plugins.load("gateway.pdp", "embedded", {"policies": "/nowhere"}, place="policy", production=True)
