"""What several test files share that takes long to make."""

from pathlib import Path

import numpy as np
import pytest

from tests.anonymization.street_twins import NAMES, scene, write_twins


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory, require_library) -> Path:
    """A folder with a tiny inpainting pipeline; skips where diffusers is not installed."""
    for name in ("diffusers", "transformers"):
        require_library(name)
    from tiny_pipeline import make_pipeline  # noqa: PLC0415 - imports both

    return make_pipeline(tmp_path_factory.mktemp("pipeline") / "tiny")


@pytest.fixture(scope="session")
def scenes() -> list[np.ndarray]:
    """Three drawn streets."""
    return [scene(number) for number in range(len(NAMES))]


@pytest.fixture
def twins(tmp_path: Path, scenes: list[np.ndarray]) -> Path:
    """Folder with three streets and their twins; see `write_twins`."""
    write_twins(tmp_path, scenes)
    return tmp_path
