"""Method `blackbox`: areas filled with one colour."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.redaction import Area, Redaction

Channel = Annotated[int, Field(ge=0, le=255)]


class Blackbox(Redaction):
    """Fill with one colour."""

    method: Literal["blackbox"] = "blackbox"
    """Fill with one colour."""
    colour: tuple[Channel, Channel, Channel] = (0, 0, 0)
    """Red, green and blue, 0 to 255."""

    def fill(self, image: np.ndarray, area: Area) -> np.ndarray:
        """Colour of the area."""
        return np.array(self.colour, np.uint8)
