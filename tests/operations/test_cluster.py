"""The check of a cluster, as far as it needs no cluster."""

import re

import pytest
from slurm_repairs.limits import Limited, SlurmLimit, SlurmSite

from tests.commands import cluster as main
from tests.slurm.test_check import site
from tests.workflow import PROJECT
from workflow_scripts.operations.cluster import (
    ADVICE,
    Profile,
    advice_on,
    choices_of,
    gpus_requested,
    limits_exceeded,
    loosest,
    never_starts,
    options_of,
    sbatch_command,
)

SLURM = PROJECT / "profiles/slurm"


def test_the_site_file_as_it_is_asks_for_what_the_profile_does():
    profile, with_site = Profile.read([SLURM]), Profile.read([SLURM, SLURM / "site.yaml"])
    for rule in (None, *profile.rules):
        expected, found = profile.job(rule), with_site.job(rule)
        assert found.resources == expected.resources
        assert found.threads == expected.threads


def rules_with(resource: str) -> set[str]:
    """The rules whose resources match a pattern, and those that take over such a rule."""
    text = "\n".join(path.read_text() for path in PROJECT.glob("rules/*.smk"))
    rules = re.findall(r"^(?:rule|checkpoint) (\w+):\n((?: .*\n|\n)+)", text, re.M)
    found = {name for name, body in rules if re.search(rf"^ +{resource},$", body, re.M)}
    takers = re.findall(r"^use rule (\w+) as (\w+) ", text, re.M)
    return found | {taker for rule, taker in takers if rule in found}


def test_profiles_give_gpus_to_each_rule_that_asks_for_none_by_itself():
    asking = rules_with("gpu=0")
    assert {"train", "predict_also", "membership"} <= asking
    for name in ("slurm", "local"):
        profile = Profile.read([PROJECT / "profiles" / name])
        assert set(profile.rules) == asking
        assert all(profile.job(rule).resources["gpu"] for rule in asking)


@pytest.mark.parametrize("by", ["gpus", "gres"])
def test_the_site_file_has_an_entry_for_each_rule_that_may_use_a_gpu(tmp_path, by):
    settings = {"gpu_partition": '"ours"', "gpus_by": f'"{by}"', "variants_on_gpu": "True"}
    profile = Profile.read([SLURM, site(tmp_path / "site.yaml", **settings)])
    assert set(profile.rules) == rules_with("gpu=.*")
    for rule in profile.rules:
        resources = profile.job(rule).resources
        assert resources["slurm_partition"] == "ours", rule
        assert gpus_requested(resources)[0] > 0, rule
        assert ("gres" in resources) is (by == "gres"), rule


def test_documents_name_all_rules_that_make_images_on_a_gpu():
    expected = rules_with("gpu=JOBS.gpus")
    assert expected == {"anonymize", "treat_pictures"}
    for page in PROJECT.glob("docs/*.md"):
        for options in re.findall(r"--set-resources ((?:\w+:gpu=\d ?)+)", page.read_text()):
            named = set(re.findall(r"(\w+):gpu", options))
            assert not named & expected or named >= expected, page.name


def test_a_training_is_one_task_on_one_node_with_four_gpus():
    job = Profile.read([SLURM]).job("train")
    words = sbatch_command(job.resources, job.threads)
    for word in ("--gpus=4", "--nodes=1", "--cpus-per-task=32"):
        assert word in words
    assert not any("ntasks-per-gpu" in word for word in words)


def test_options_have_their_long_names():
    resources = {
        "slurm_account": "us",
        "slurm_partition": "gpu",
        "runtime": 90,
        "constraint": "a&b",
        "mem_mb": 2000,
        "gpu": 4,
        "slurm_extra": "--exclusive --signal=URG@60",
    }
    options = options_of(sbatch_command(resources, 3, qos="high", reservation="mine"))
    expected = {
        **{"account": "us", "partition": "gpu", "time": "90", "constraint": "a&b", "mem": "2000"},
        **{"gpus": "4", "cpus-per-task": "3", "qos": "high", "reservation": "mine"},
        **{"exclusive": True, "signal": "URG@60", "parsable": True},
    }
    assert expected.items() <= options.items()


def test_what_slurm_says_is_turned_into_advice():
    said = "Invalid account or account/partition combination specified"
    assert advice_on(said) == ADVICE["account"]
    assert advice_on("Requested partition configuration not available now") == ADVICE["partition"]
    assert advice_on("something new") == "see docs/slurm.md"


@pytest.mark.parametrize(
    ("resources", "finding"),
    [
        ({"gpu": 4}, "4 GPUs exceed the 2 of QOS short, per user"),
        ({"gres": "gpu:a100:4"}, "4 GPUs exceed the 2 of QOS short, per user"),
        ({"gpu": 2, "gpu_model": "v100"}, "2 GPUs exceed the 1 of account lab"),
        ({"gpu": 2, "gpu_model": "a100"}, None),
        ({"gpu": 1, "runtime": 1500}, "1500 minutes exceed the 1440 of partition gpu"),
        ({"runtime": 1440}, None),
    ],
)
def test_what_a_limit_never_lets_start_is_named(resources, finding):
    limits = [
        SlurmLimit(Limited.MINUTES, 1440, "partition gpu"),
        SlurmLimit(Limited.RUNNING, 1, "QOS short, per user"),
        SlurmLimit(Limited.GPUS, 2, "QOS short, per user"),
        SlurmLimit(Limited.GPUS, 1, "account lab", "v100"),
    ]
    found = list(limits_exceeded(resources, limits))
    assert len(found) == (finding is not None)
    assert all(line.startswith(finding) for line in found)


SITE = SlurmSite(
    enforced=True,
    default_account=None,
    associations=(),
    qos=({"name": "few", "jobs": "1"}, {"name": "normal", "submitted": "9"}),
    partitions=(
        {"PartitionName": "short", "Default": "YES", "MaxTime": "01:00:00", "QoS": "few"},
        {"PartitionName": "long", "MaxTime": "1-00:00:00", "QoS": "N/A"},
    ),
    nodes=(),
)


@pytest.mark.parametrize(
    ("partition", "minutes", "exceeded"),
    [
        ("short", 90, ["the 60 of partition short"]),
        ("short,long", 90, []),
        ("long,short", 60, []),
        ("long,short", 1500, ["the 1440 of partition long", "the 60 of partition short"]),
        (None, 90, ["the 60 of partition short"]),
    ],
)
def test_a_job_may_run_in_any_of_its_partitions(partition, minutes, exceeded):
    choices = choices_of(SITE, None, None, partition)
    found = never_starts({"runtime": minutes}, choices)
    assert len(found) == len(exceeded)
    for line, expected in zip(found, exceeded, strict=True):
        assert line.startswith(f"{minutes} minutes exceed {expected}")


def test_the_loosest_partition_limits_the_number_of_jobs():
    found = {
        names: {limit.on: limit.most for limit in loosest(choices_of(SITE, None, None, names))}
        for names in ("short", "short,long")
    }
    submitted = {Limited.SUBMITTED: 9}
    assert found["short"] == {Limited.RUNNING: 1, Limited.MINUTES: 60, **submitted}
    assert found["short,long"] == {Limited.MINUTES: 1440, **submitted}


def test_a_missing_profile_is_named(capfd, monkeypatch, tmp_path):
    sbatch = tmp_path / "sbatch"
    sbatch.write_text("#!/bin/sh\n")
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["check", "--profile", "nosuch.yaml"]) == 2
    assert "nosuch.yaml: no profile there" in capfd.readouterr().err


def test_without_slurm_it_is_one_line(capfd, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert main(["check", "--profile", str(SLURM)]) == 2
    assert "sbatch: not found" in capfd.readouterr().err
