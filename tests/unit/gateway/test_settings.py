import importlib
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway import plugins, settings
from gateway.bundled import example_settings
from gateway.settings import Settings, SettingsInvalid, load_settings

MINIMAL = """
[identity]
kind = "api_keys"
[[redaction.detectors]]
kind = "patterns"
[[backends]]
name = "local"
kind = "scripted"
[[assets]]
id = "base"
type = "base_model"
backend = "local"
base_model = "base"
class_ceiling = "internal"
facets = { accountable_owner = "it" }
"""


def written(folder: Path, text: str) -> Path:
    """A settings file with this text."""
    path = folder / "custody.toml"
    path.write_text(text, "utf-8")
    return path


def test_minimal_settings(tmp_path: Path) -> None:
    """Few lines make a gateway, in production mode unless said otherwise."""
    settings = load_settings(written(tmp_path, MINIMAL))
    assert settings.mode == "production"
    assert settings.server.port == 8080
    assert settings.backends[0].name == "local"


def test_variable_overrides_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUSTODY_ variable wins over the file, one key at a time."""
    monkeypatch.setenv("CUSTODY_SERVER__PORT", "9000")
    settings = load_settings(written(tmp_path, MINIMAL + '\n[server]\nhost = "::1"\nport = 1\n'))
    assert (settings.server.host, settings.server.port) == ("::1", 9000)


def test_mistyped_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names no setting is a fault, not a silence."""
    monkeypatch.setenv("CUSTODY_SERVR__PORT", "9000")
    with pytest.raises(SettingsInvalid, match="CUSTODY_SERVR__PORT"):
        load_settings(written(tmp_path, MINIMAL))


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Every fault is shown in one go, each with its place, and no value is echoed."""
    text = (
        MINIMAL.replace('class_ceiling = "internal"', 'class_ceiling = "hush"')
        + '\n[server]\nport = "x"\nhots = 1\n'
    )
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(written(tmp_path, text))
    message = str(caught.value)

    for place in ("assets.0.class_ceiling", "server.port", "server.hots"):
        assert place in message
    assert "hush" not in message


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('backend = "local"', 'backend = "far"', "names backend 'far'"),
        ('base_model = "base"', 'base_model = "other"', "names base model 'other'"),
        ("accountable_owner", "custodian", "accountable_owner"),
        ('kind = "scripted"', 'kind = "../evil"', "kind"),
        ('id = "base"', 'id = "Base Model"', "id"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Settings that name what is not there, or leave an asset without an owner, do not start a gateway."""
    with pytest.raises(SettingsInvalid, match=complaint):
        load_settings(written(tmp_path, MINIMAL.replace(old, new)))


def test_doubles_are_refused(tmp_path: Path) -> None:
    """A name that stands twice is a fault."""
    twice = MINIMAL + '\n[[backends]]\nname = "local"\nkind = "scripted"\n'
    with pytest.raises(SettingsInvalid, match="stands twice"):
        load_settings(written(tmp_path, twice))


@pytest.mark.parametrize("text", ["", "= 1", "[server", "\x00"])
def test_unusable_file_is_named(tmp_path: Path, text: str) -> None:
    """A file that is no settings file gives an error with its name, not a traceback."""
    with pytest.raises(SettingsInvalid, match=r"custody\.toml"):
        load_settings(written(tmp_path, text))


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there gives an error that says so."""
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_example_shows_every_setting() -> None:
    """The example file names every setting that there is."""
    text = example_settings().read_text("utf-8")
    missing = [name for name in _names(Settings) if name not in text]
    assert missing == []


def test_every_setting_is_described() -> None:
    """Each field of each section says what it is, and each section too."""
    sections = [
        each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, BaseModel)
    ]
    assert len(sections) > 15
    assert [each.__name__ for each in sections if not each.__doc__] == []
    assert [
        f"{each.__name__}.{name}"
        for each in sections
        for name, field in each.model_fields.items()
        if not field.description
    ] == []


def test_every_section_is_public() -> None:
    """A section that the settings are made of can be imported from where the settings come from."""
    used = {
        inner
        for each in vars(settings).values()
        if isinstance(each, type) and issubclass(each, BaseModel)
        for field in each.model_fields.values()
        for inner in re.findall(r"gateway\.settings\.\w+\.(\w+)", repr(field.annotation))
    }
    assert used <= set(settings.__all__)
    assert {"WitnessSettings", "SinkSettings", "PayloadKeySettings"} <= used


@pytest.mark.parametrize(
    "package", ["gateway.identity", "gateway.pdp", "gateway.backends", "redaction.detectors"]
)
def test_example_shows_every_option_of_each_kind(package: str) -> None:
    """What a kind of plug-in takes stands in the example file, under its kind."""
    text = example_settings().read_text("utf-8")
    for kind in plugins.kinds(package):
        _, found, section = text.partition(
            f'kind "{kind}":' if package != "gateway.identity" else "[identity]"
        )
        options = importlib.import_module(f"{package}.{kind}").Options
        assert found or not options.model_fields, kind
        own = section.partition("\n#\n")[0]
        missing = [name for name in options.model_fields if not re.search(rf"\b{name}\b", own)]
        # The state folder keeps the pepper unless the settings name one for all.
        assert missing in ([], ["pepper"]), kind


def test_example_loads() -> None:
    """The example is a working configuration."""
    settings = load_settings(example_settings())
    assert {asset.id for asset in settings.assets} == {"northwind-base", "support-tone"}
    assert tomllib.loads(example_settings().read_text("utf-8"))["mode"] == "development"


def _names(model: type) -> list[str]:
    from pydantic import BaseModel  # noqa: PLC0415  only this walk needs it

    names: list[str] = []
    for name, field in model.model_fields.items():  # type: ignore[attr-defined]  # a pydantic model
        names.append(name)
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                names += _names(part)
    return names
