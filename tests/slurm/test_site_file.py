"""Every setting that the site file has or shows, on a Slurm that has accounts."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.accounting import ACCOUNT
from tests.slurm.cluster import Cluster
from tests.slurm.experiments import forked_on
from tests.slurm.test_check import site
from tests.small_experiment import copied
from tests.workflow import PROJECT

pytestmark = pytest.mark.slow

SETTINGS = {
    "account": ACCOUNT,
    "cpu_partition": "urgent",
    "gpu_partition": "gpu",
    "cpu_constraint": "plain",
    "gpu_constraint": "fast",
}
SHOWN = {
    "slurm-qos: my-qos": "slurm-qos: normal",
    "slurm-reservation: my-reservation": "slurm-reservation: ours",
    "scratch: $TMPDIR": "scratch: $TMPDIR",
}
"""Lines of the site file that are comments, and what they are here."""
QUICK = """\
slurm-init-seconds-before-status-checks: 1
seconds-between-status-checks: 1
latency-wait: 10
"""
EVALUATION = "runs/unmodified/seed~1/eval.json"


def whole_site(path: Path) -> Path:
    """A site file in which every setting has a value, its commented ones included."""
    settings = {name: f'"{value}"' for name, value in SETTINGS.items()}
    text = site(path, **settings, variants_on_gpu="True").read_text()
    for comment, line in SHOWN.items():
        text, count = re.subn(rf"^( *)# {re.escape(comment)}$", rf"\1{line}", text, flags=re.M)
        assert count == 1, comment
    path.write_text(text + QUICK)
    return path


def test_every_setting_reaches_slurm(accounting_cluster, check, reference, tmp_path):
    cluster = accounting_cluster
    own = whole_site(tmp_path / "site.yaml")
    workflow = copied(reference, forked_on(cluster, tmp_path / "work", own))
    (workflow.results / EVALUATION).unlink()
    with features_and_reservation(cluster):
        code, said = check(cluster, PROJECT / "profiles/slurm", own)
        workflow.run(f"results/{workflow.config['experiment']}/{EVALUATION}")
        job = cluster.details(max(cluster.jobs()))
    assert code == 0, said
    (anonymization,) = (line for line in said.splitlines() if " anonymize: sbatch" in line)
    for option in (
        "--partition=gpu",
        "--account=lab",
        "--qos=normal",
        "--reservation=ours",
        "-C fast",
    ):
        assert option in anonymization
    (training,) = (line for line in said.splitlines() if " train: sbatch" in line)
    assert "-C fast" in training
    asked = {name: job[name] for name in ("Account", "Partition", "QOS", "Reservation", "Features")}
    assert asked == {
        **{"Account": ACCOUNT, "Partition": "urgent", "QOS": "normal"},
        **{"Reservation": "ours", "Features": "plain"},
    }
    assert job["JobState"] == "COMPLETED"


@contextlib.contextmanager
def features_and_reservation(cluster: Cluster) -> Iterator[None]:
    """A cluster that has for a while what the site file asks for."""
    nodes = f"nodename={','.join(cluster.nodes)}"
    for kind in "availablefeatures", "activefeatures":
        cluster.ask("scontrol", "update", nodes, f"{kind}=plain,fast")
    wish = "nodes=ALL", "users=root", "starttime=now", "duration=60"
    cluster.ask("scontrol", "create", "reservation", "reservationname=ours", *wish)
    try:
        yield
    finally:
        cluster.ask("scontrol", "delete", "reservation=ours")
