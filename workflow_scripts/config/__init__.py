"""The experiment's configuration: one pydantic model a section, unknown keys refused."""
