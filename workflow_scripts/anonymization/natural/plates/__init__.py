"""Natural license plates: the same plate with other characters."""

from .replace import Path, Replacement, replace_plate

__all__ = ["Path", "Replacement", "replace_plate"]
