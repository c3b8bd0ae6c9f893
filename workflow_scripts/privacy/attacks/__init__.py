"""The attacks: a module each, found by being here."""
