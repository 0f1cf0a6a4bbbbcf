"""Settings come from ``custody.toml`` and ``CUSTODY_*`` variables, are checked as one, and never change."""

from gateway.settings.assets import AssetSettings, GrantSettings
from gateway.settings.base import Name, PluginSettings, SettingsInvalid
from gateway.settings.governing import (
    BreakGlassSettings,
    BundleSettings,
    ControlSettings,
    DisputeSettings,
    PolicySettings,
)
from gateway.settings.loading import load_settings
from gateway.settings.recording import (
    AuditSettings,
    PayloadKeySettings,
    PayloadSettings,
    SinkSettings,
    WitnessesSettings,
    WitnessSettings,
)
from gateway.settings.serving import BackendSettings, RedactionSettings, ServerSettings
from gateway.settings.whole import Settings

__all__ = [
    "AssetSettings",
    "AuditSettings",
    "BackendSettings",
    "BreakGlassSettings",
    "BundleSettings",
    "ControlSettings",
    "DisputeSettings",
    "GrantSettings",
    "Name",
    "PayloadKeySettings",
    "PayloadSettings",
    "PluginSettings",
    "PolicySettings",
    "RedactionSettings",
    "ServerSettings",
    "Settings",
    "SettingsInvalid",
    "SinkSettings",
    "WitnessSettings",
    "WitnessesSettings",
    "load_settings",
]
