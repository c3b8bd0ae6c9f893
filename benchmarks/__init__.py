"""How long the parts take beside their alternatives."""

import workflow_scripts  # noqa: F401 - finds the packages of this checkout
