"""Runs that the tests of Table II share."""

import pytest

from tests.analysis.tables.written_runs import evaluation, written


@pytest.fixture
def paths(tmp_path):
    """Two variants with three seeds each; no run finds a car."""
    return written(
        tmp_path,
        *(
            evaluation(variant, seed, (base + step, 0.2, None))
            for variant, base in (("unmodified", 0.309), ("deep_natural", 0.310))
            for seed, step in ((1, -0.002), (2, 0.0), (3, 0.002))
        ),
    )
