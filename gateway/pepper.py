from gateway.settings import Settings
from gateway.state import StateFolder


def pepper(settings: Settings, state: StateFolder) -> bytes:
    """The secret that API keys are hashed with: from the settings, else from the state folder."""
    if settings.pepper is not None:
        return settings.pepper.get_secret_value().encode()
    return state.secret("pepper")
