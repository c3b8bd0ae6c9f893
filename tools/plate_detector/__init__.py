"""Training of the shipped license plate network: its drawn crops, the network, its measurement."""

import workflow_scripts  # noqa: F401 - finds the packages of this checkout
