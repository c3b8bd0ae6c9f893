"""The environment of the rules' commands."""

from pathlib import Path

import pytest

from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.errors import UserError


def test_a_checkout_that_python_cannot_import_from_is_refused() -> None:
    with pytest.raises(UserError, match="/a:b: Python cannot import from a path with ':' in it"):
        prepare_commands(Path("/a:b"))
