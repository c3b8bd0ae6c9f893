"""What several test files share that takes long to make."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory, require_library) -> Path:
    """A folder with a tiny inpainting pipeline; skips where diffusers is not installed."""
    for name in ("diffusers", "transformers"):
        require_library(name)
    from tiny_pipeline import make_pipeline  # noqa: PLC0415 - imports both

    return make_pipeline(tmp_path_factory.mktemp("pipeline") / "tiny")
