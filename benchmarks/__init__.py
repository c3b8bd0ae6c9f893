"""Speed of each part compared with an alternative, and measurements of error rates."""

import workflow_scripts  # noqa: F401 - finds the packages of this checkout
