"""User errors; the message names the setting, the value and the remedy."""


class SettingsError(ValueError):
    """Settings that cannot be drawn."""
