"""Section `training:` of the config: the settings of one of the engines."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.training.engine import EngineSettings

if TYPE_CHECKING:
    Training = EngineSettings
else:
    ENGINES = plugins_in("workflow_scripts.training.engines", EngineSettings)
    Training = Annotated[Union[ENGINES], Field(discriminator="engine")]  # noqa: UP007
    """The recipe, which determines the result; the profile determines the hardware."""
