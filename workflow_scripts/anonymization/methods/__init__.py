"""The ways to treat faces and license plates: a module each, found by being here."""
