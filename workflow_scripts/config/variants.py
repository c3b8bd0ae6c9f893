"""`variants:` how the training images are treated; a name and a method with its settings each."""

from typing import Annotated, Union

from pydantic import Field, StringConstraints

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.unmodified import Unmodified
from workflow_scripts.anonymization.redaction import Redaction
from workflow_scripts.config.plugins import plugins_in
