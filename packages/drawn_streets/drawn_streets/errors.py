"""Errors that the caller can put right; the message names the setting, the value and the remedy."""


class SettingsError(ValueError):
    """Settings that cannot be drawn."""
