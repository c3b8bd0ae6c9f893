"""The ways to find faces and license plates: a module each, found by being here."""
