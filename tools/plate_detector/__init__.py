"""Training of the shipped license plate network: drawn crops, network, measurement."""

import workflow_scripts  # noqa: F401 - finds the packages of this checkout
