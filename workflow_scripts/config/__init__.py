"""The experiment's configuration: one pydantic model per section, unknown keys refused."""
