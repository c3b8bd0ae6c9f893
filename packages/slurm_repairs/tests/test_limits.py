"""Limits that apply to jobs, from the answers of a cluster's commands."""

import getpass
from dataclasses import replace

import pytest
from slurm_repairs.limits import Limited, SlurmLimit, SlurmSite

USER = getpass.getuser()
ANSWERS = {
    "scontrol show config": "ClusterName = test\nAccountingStorageEnforce = associations,limits\n",
    "scontrol --oneliner show partition": (
        "PartitionName=cpu Default=YES MaxTime=1-00:00:00 QoS=N/A\n"
        "PartitionName=gpu Default=NO MaxTime=UNLIMITED QoS=onlygpu\n"
    ),
    f"sacctmgr --noheader --parsable2 show user {USER} format=DefaultAccount": "lab\n",
    # Account, user, partition, parent, default QOS, and the limits.
    "sacctmgr --noheader --parsable2 show associations cluster=test": (
        "Dear users, the database is slow today\n"
        "root|||||||||||||\n"
        "faculty|||root||||||||9||normal\n"
        "lab|||faculty||||||||gres/gpu=8|normal\n"
        f"lab|{USER}|||short|3||gres/gpu:a100=2|12:00:00||||short,normal\n"
        "lab|somebody|||short|1||||||||normal\n"
        f"other|{USER}||||1||||||||normal\n"
    ).replace("||||||||gres", "|||||||gres"),
    "sacctmgr --noheader --parsable2 show qos": (
        "normal|||||||||||\n"
        "short||2|||||cpu=9,gres/gpu=1|30:00|||\n"
        "onlygpu|4||||gres/gpu=4||||||gres/gpu=16\n"
    ),
}
COMMAND = """\
#!/bin/sh
case "$0 $*" in
{cases}
esac
"""


@pytest.fixture
def site(tmp_path, monkeypatch) -> SlurmSite:
    """What the commands of a cluster say, which stand-ins answer for."""
    for name in ("scontrol", "sacctmgr"):
        cases = []
        for number, (question, answer) in enumerate(ANSWERS.items()):
            (tmp_path / f"answer.{number}").write_text(answer)
            cases.append(f"*/'{question}'*) /bin/cat {tmp_path}/answer.{number};;")
        (tmp_path / name).write_text(COMMAND.format(cases="\n".join(cases)))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return SlurmSite.ask()


def test_limits_of_account_and_quality_of_service_add_up(site):
    found = site.limits(None, None, None)
    assert SlurmLimit(Limited.MINUTES, 1440, "partition cpu") in found
    own = "your association with account lab"
    assert SlurmLimit(Limited.RUNNING, 3, own) in found
    assert SlurmLimit(Limited.GPUS, 2, f"{own}, a job", "a100") in found
    assert SlurmLimit(Limited.MINUTES, 720, own) in found
    # Those of the default quality of service of the association.
    assert SlurmLimit(Limited.SUBMITTED, 2, "QOS short, per user") in found
    assert SlurmLimit(Limited.MINUTES, 30, "QOS short") in found
    assert SlurmLimit(Limited.GPUS, 1, "QOS short, per account") in found
    assert [limit.most for limit in found if limit.on is Limited.RUNNING] == [3]


def test_a_partition_has_a_quality_of_service_of_its_own(site):
    found = site.limits("other", "normal", "gpu")
    assert SlurmLimit(Limited.GPUS, 4, "QOS of partition gpu, a job") in found
    assert SlurmLimit(Limited.GPUS, 16, "QOS of partition gpu, for all together") in found
    assert SlurmLimit(Limited.RUNNING, 4, "QOS of partition gpu, per user") in found
    assert SlurmLimit(Limited.RUNNING, 1, "your association with account other") in found
    assert not [limit for limit in found if limit.on is Limited.MINUTES]


@pytest.mark.parametrize(
    ("partition", "closed"),
    [
        ("gpu", None),
        ("old", "partition old is currently closed (INACTIVE)"),
        ("away", "all nodes of partition away are currently down or drained"),
        ("old,gpu", None),
        ("away,cpu", None),
        (
            "old,away",
            "partition old is currently closed (INACTIVE) and all nodes of partition away are "
            "currently down or drained",
        ),
        ("nosuch", None),
        (None, None),
    ],
)
def test_a_job_waits_if_all_of_its_partitions_are_closed(site, partition, closed):
    rows = [{"PartitionName": "old", "State": "INACTIVE"}, {"PartitionName": "away", "State": "UP"}]
    nodes = [("gpu", "idle", "1"), ("gpu", "drained", "1"), ("away", "down*", "2")]
    keys = "partition", "state", "count"
    known = replace(
        site,
        partitions=(*site.partitions, *rows),
        nodes=tuple(dict(zip(keys, node, strict=True)) for node in nodes),
    )
    assert known.closed(partition) == closed
    assert known.nodes_away("gpu,away") == (3, 4)
    assert known.nodes_away("gpu") == (1, 2)


def test_without_answers_there_are_no_limits(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert SlurmSite.ask().limits("lab", "short", "gpu") == []
