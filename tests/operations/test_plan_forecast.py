"""What jobs are taken to need: from records, by default, over several walltimes."""

import json
import re

import pytest
from cluster_jobs.scheduling import Partition
from plain_commands.errors import UserError

from tests.workflow import PROJECT
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.contracts.usage import Usage
from workflow_scripts.operations.commands.plan import as_text, size
from workflow_scripts.operations.plan.estimates import (
    DEFAULT_BYTES,
    SECONDS_EACH,
    Estimate,
    Estimates,
    Workload,
    turnarounds,
)
from workflow_scripts.operations.plan.forecast import (
    forecast,
    parts_of,
    tasks_of,
)
from workflow_scripts.operations.snakemake_call import Job

NODES = Partition(nodes=2, gpus=4, cores=16)


def job(rule: str, *inputs: str, **changes) -> Job:
    """A job of a run, which makes one file."""
    facts = {
        "wildcards": {"variant": "natural", "seed": "1"},
        "local": False,
        "threads": 2,
        "resources": {"gpu": 4, "runtime": 60, "mem_mb": 1000},
        "inputs": inputs,
        "outputs": (f"results/mine/runs/natural/seed~1/{rule}",),
        "patterns": (f"results/mine/runs/*/seed~*/{rule}",),
        "log": f"results/mine/logs/{rule}/natural/seed~1.log",
        "command": "true",
    }
    return Job(rule, **{**facts, **changes})


def record(results, name: str, attempt: str = "a", **changes) -> Usage:
    """A job of a minute that succeeded, left in the experiment's folder."""
    facts = {"job": name, "attempt": attempt, "start": 0.0, "host": "n1", "exit_code": 0}
    used = Usage(**{**facts, "seconds": 60.0, **changes})
    file = results / "usage" / f"{name}.{attempt}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(used.model_dump_json())
    return used


def test_a_variants_own_records_count_before_those_of_others(tmp_path):
    record(tmp_path, "train/natural/seed~1", seconds=100.0)
    record(tmp_path, "train/natural/seed~2", seconds=300.0)
    record(tmp_path, "train/blur/seed~1", seconds=50.0)
    estimates = Estimates(tmp_path, 100)
    assert estimates.seconds(job("train")).value == 200
    other = job("train", log="results/mine/logs/train/new/seed~1.log")
    assert estimates.seconds(other).value == pytest.approx(150)
    assert estimates.seconds(other).records == 3


def test_rules_that_do_the_same_share_records(tmp_path):
    record(tmp_path, "predict/natural/seed~1", seconds=40.0)
    on_others = job("predict_on", log="results/mine/logs/predict/natural/seed~1.on.blur.log")
    assert Estimates(tmp_path, 100).seconds(on_others).value == 40


def test_failed_attempts_do_not_count_and_saved_ones_add_up(tmp_path):
    attempts = [(75, 100.0), (2, 7.0), (75, 100.0), (0, 50.0)]
    for start, (code, seconds) in enumerate(attempts):
        name = f"attempt{start}"
        record(tmp_path, "train/natural/seed~1", name, start=start, exit_code=code, seconds=seconds)
    assert Estimates(tmp_path, 100).seconds(job("train")).value == 250


def index(results, train: int, val: int, per_shard: int) -> None:
    """An index of images in shards."""
    by_split = {
        split: {
            f"{split}{start}": tuple(f"{n}.png" for n in range(start, start + per_shard))
            for start in range(0, count, per_shard)
        }
        for split, count in (("train", train), ("val", val))
    }
    (results / "data").mkdir()
    Shards(per_shard, {}, by_split).write(results / "data/shards.json")


def test_records_of_other_shards_count_by_image(tmp_path):
    record(tmp_path, "anonymize/natural/000-aa", seconds=10.0)
    index(tmp_path, train=4, val=2, per_shard=2)
    of_shard = job(
        "anonymize",
        wildcards={"variant": "natural", "shard": "000-cc"},
        log="results/mine/logs/anonymize/natural/000-cc.log",
    )
    assert Estimates(tmp_path, 8).seconds(of_shard).value == 40


def test_records_of_another_data_set_count_by_image(tmp_path):
    record(tmp_path, "predict/natural/seed~1", seconds=10.0)
    record(tmp_path, "gather_images/natural/train", seconds=5.0)
    index(tmp_path, train=4, val=2, per_shard=2)
    estimates = Estimates(tmp_path, 2, Workload({"train": 4, "val": 20}))
    assert estimates.seconds(job("predict")) == Estimate(100, 1, "20 images")
    assert estimates.seconds(job("gather_images")).value == 5


def test_a_record_of_a_job_without_a_variant_counts_once(tmp_path):
    record(tmp_path, "index_dataset", seconds=10.0)
    of_index = job("index_dataset", wildcards={}, log="results/mine/logs/index_dataset.log")
    assert Estimates(tmp_path, 2).seconds(of_index) == Estimate(10, 1)


def write_run(results, seed: int, images_seen: int | None) -> None:
    """The record of a finished run of `natural`."""
    facts = {"variant": "natural", "seed": seed, "fingerprint": "f", "images_seen": images_seen}
    file = results / f"runs/natural/seed~{seed}/run.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({**facts, "settings": {"engine": "torchvision"}}))


def test_records_of_trainings_of_another_length_count_by_image(tmp_path):
    for seed, start, seconds in ((1, 0, 900.0), (1, 1, 60.0), (2, 2, 240.0), (3, 3, 7.0)):
        record(tmp_path, f"train/natural/seed~{seed}", f"a{start}", start=start, seconds=seconds)
    write_run(tmp_path, 1, images_seen=60)
    write_run(tmp_path, 2, images_seen=120)
    short = Estimates(tmp_path, 100, Workload(iterations=30, images_per_step=2))
    assert short.seconds(job("train")) == Estimate(90, 2, "30 iterations of 2 images")
    long = Estimates(tmp_path, 100, Workload(iterations=48_000, images_per_step=2))
    # The first training of seed 1, and that of seed 3, whose run is gone, do not count.
    assert long.seconds(job("train")) == Estimate(144_000, 2, "48000 iterations of 2 images")
    found = forecast([job("train")], long, NODES, in_slurm=False)
    assert "2 records, scaled to 48000 iterations of 2 images" in as_text(found)


def test_without_records_there_are_defaults(tmp_path):
    estimates = Estimates(tmp_path / "nosuch", 100)
    assert estimates.seconds(job("train")).value == pytest.approx(5 * 3600)
    assert estimates.seconds(job("train")).records == 0
    assert estimates.bytes(job("train")).value == DEFAULT_BYTES["train"]
    assert SECONDS_EACH["detect_pii"] == ("shard", 0.5)
    assert estimates.seconds(job("detect_pii")).value == 100 * 0.5


@pytest.mark.parametrize(
    ("rule", "gpus", "seconds", "basis"),
    [
        ("train", 1, 12.0, "4 iterations of 8 images"),
        ("train", 0, 144.0, "4 iterations of 8 images"),
        ("predict", 0, 10.0, "12 images"),
        ("audit", 0, 14.4, "24 images"),
        ("anonymize", 0, 24.0, "24 images"),
        ("index_test", 0, 10.0, "12 images"),
        ("attack", 0, 10.0, "48 regions"),
        ("gather_images", 0, 10.0, ""),
    ],
)
def test_defaults_are_those_of_the_experiments_own_images(tmp_path, rule, gpus, seconds, basis):
    work = Workload({"train": 24, "val": 12}, iterations=4, images_per_step=8)
    found = Estimates(tmp_path, 24, work).seconds(job(rule, resources={"gpu": gpus}))
    assert found.value == pytest.approx(seconds)
    assert (found.records, found.basis) == (0, basis)


def test_attacks_are_planned_by_the_regions_and_images_that_the_config_lets_them_use(tmp_path):
    estimates = Estimates(tmp_path, 100, Workload(regions=1000, sample=300))
    expected = {"attack": (2000, "regions"), "estimate_missed": (300, "images")}
    for rule, (count, counted) in expected.items():
        found = estimates.seconds(job(rule))
        assert found.value == pytest.approx(count * SECONDS_EACH[rule][1])
        assert found.basis == f"{count} {counted}"


def test_each_rule_that_reserves_more_than_an_hour_has_a_default_duration():
    text = "\n".join(path.read_text() for path in PROJECT.glob("rules/*.smk"))
    rules = re.findall(r"^(?:rule|checkpoint) (\w+):\n((?: .*\n|\n)+)", text, re.M)
    long = {
        name
        for name, body in rules
        if any(int(minutes) > 60 for minutes in re.findall(r"^ +runtime=(\d+),$", body, re.M))
    }
    takers = re.findall(r"^use rule (\w+) as (\w+) ", text, re.M)
    long |= {taker for rule, taker in takers if rule in long}
    assert {"anonymize", "attack", "predict_also"} <= long
    assert long <= {"train", *SECONDS_EACH}


def test_disk_is_what_jobs_of_the_rule_have_left(tmp_path):
    for seed, count in ((1, 100), (2, 300)):
        folder = tmp_path / f"runs/blur/seed~{seed}"
        folder.mkdir(parents=True)
        (folder / "train").write_bytes(bytes(count))
    assert Estimates(tmp_path, 1).bytes(job("train")).value == 200


def test_turnaround_is_the_time_that_no_resource_explains(tmp_path):
    in_slurm = {"slurm_job": "1", "startup_seconds": 10.0}
    steps = [
        record(tmp_path, "train/a/seed~1", start=12.0, queued_seconds=2.0, **in_slurm),
        # Ended at 72, submitted at 87 - 10 - 2.
        record(tmp_path, "predict/a/seed~1", start=87.0, queued_seconds=2.0, **in_slurm),
        # Ended at 147, submitted at 157, then waited for a node.
        record(tmp_path, "evaluate/a/seed~1", start=267.0, queued_seconds=100.0, **in_slurm),
    ]
    assert turnarounds(steps) == [3 + 2, 10 + 2]


def test_a_training_longer_than_its_walltime_is_several_jobs():
    limited = job("train", resources={"gpu": 4, "runtime": 60, "save_before_end": 10})
    assert parts_of(2 * 3600, limited, 13) == [2400 + 13] * 3
    assert parts_of(2 * 3600, job("train"), 13) == [7200 + 13]


def test_jobs_wait_for_those_whose_files_they_need(tmp_path):
    train = job("train", "results/mine/data")
    predict = job("predict", *train.outputs, resources={"gpu": 1})
    gather = job("gather", local=True)
    tasks = tasks_of([train, gather, predict], Estimates(tmp_path, 1), in_slurm=True)
    assert [task.after for task in tasks] == [(), (), (0,)]
    assert [task.gpus for task in tasks] == [4, 4, 1]
    assert [task.local for task in tasks] == [False, True, False]
    assert tasks[1].notice_seconds == 0 < tasks[0].notice_seconds
    (here, *_) = tasks_of([gather], Estimates(tmp_path, 1), in_slurm=False)
    assert not here.local


def test_gpus_are_those_that_are_held_not_those_that_compute(tmp_path):
    rehearsed = job("train", resources={"gpu": 4, "use_gpus": 0})
    by_gres = job("train", resources={"gpu": 0, "gres": "gpu:a100:2"})
    tasks = tasks_of([rehearsed, by_gres], Estimates(tmp_path, 1), in_slurm=True)
    assert [task.gpus for task in tasks] == [4, 2]


def test_the_forecast_adds_up(tmp_path):
    for rule, seconds in (("train", 3587.0), ("predict", 287.0)):
        name = f"{rule}/natural/seed~1"
        record(tmp_path, name, seconds=seconds, slurm_job="1", startup_seconds=13.0)
    runs = []
    for seed in "123":
        own = {"wildcards": {"variant": "natural", "seed": seed}}
        train = job("train", outputs=(f"model {seed}",), **own)
        predict = job("predict", f"model {seed}", resources={"gpu": 1}, **own)
        runs += [train, predict]
    found = forecast(runs, Estimates(tmp_path, 1), NODES, in_slurm=True)
    assert [(kind.kind, kind.jobs) for kind in found.kinds] == [("train", 3), ("predict", 3)]
    assert found.total("gpu_hours") == pytest.approx(3 * 4 * 1 + 3 / 12)
    assert found.total("cpu_hours") == pytest.approx(3 * 2 * (1 + 1 / 12))
    # Two at a time: the third begins when the first ends, and has its prediction behind it.
    assert found.seconds == pytest.approx(2 * 3600 + 30 + 300)
    assert [task.kind for task in found.path] == ["train", "predict"]
    assert found.checkpoint_bytes == pytest.approx(2 * 4 * DEFAULT_BYTES["train"])
    assert "Critical path: train → predict" in as_text(found)


def test_a_finished_experiment_has_no_plan(tmp_path):
    assert as_text(forecast([], Estimates(tmp_path, 1), NODES, in_slurm=True)) == "Nothing to do."


def test_what_fits_no_node_is_named(tmp_path):
    with pytest.raises(UserError, match="train: needs 8 GPUs, 2 cores"):
        forecast([job("train", resources={"gpu": 8})], Estimates(tmp_path, 1), NODES, in_slurm=True)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1999, "2 kB"), (2.5e9, "2 GB"), (1.2e13, "12.0 TB")]
)
def test_sizes(count, text):
    assert size(count) == text
