"""A recogniser for tests whose vectors are known."""

import numpy as np


class ToldVectors:
    """Takes the vectors of faces from a table; similarity is their scalar product.

    Args:
        table: vectors by the face's region.
    """

    name = "told"
    sha256 = ""
    threshold = None

    def __init__(self, table) -> None:
        self.table = table

    def vectors(self, cutouts) -> np.ndarray:
        return np.array([self.table[cutout.region] for cutout in cutouts], np.float32)

    def similarity(self, a, b) -> np.ndarray:
        return a @ b.T
