"""Slurm's profile is read without a question about accounting."""

import pytest
from slurm_repairs import CHOSEN


@pytest.fixture(autouse=True)
def chosen_status_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a child process of a call that has asked."""
    monkeypatch.setenv(CHOSEN, "squeue")
