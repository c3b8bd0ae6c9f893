"""What a job's command is told of its GPUs and its time."""

import pytest

from workflow_scripts.operations.snakemake_call import gpus_to_use, minutes_to_use


@pytest.mark.parametrize(
    ("resources", "gpus"),
    [
        ({}, 0),
        ({"gpu": 4}, 4),
        ({"gpu": 0, "gres": "gpu:4"}, 4),
        ({"gpu": 0, "gres": "gpu:a100:2"}, 2),
        ({"gpu": 0, "gres": "gpu"}, 1),
        ({"gpu": 0, "gres": "gpu:a100"}, 1),
        ({"gpu": 0, "gres": "lustre:1"}, 0),
        ({"gpu": 4, "use_gpus": 0}, 0),
    ],
)
def test_gpus_are_those_asked_for(resources, gpus):
    assert gpus_to_use(resources) == gpus


def test_a_job_stops_before_its_walltime_where_there_is_one():
    assert minutes_to_use({"runtime": 1440}) is None
    assert minutes_to_use({"runtime": 1440, "save_before_end": 15}) == 1425
    assert minutes_to_use({"runtime": 2, "save_before_end": "1.75"}) == 0.25
    assert minutes_to_use({"runtime": 10, "save_before_end": 9.5}) == 0.5
    assert minutes_to_use({"runtime": 10, "save_before_end": 15}) == 1
