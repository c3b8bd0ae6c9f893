"""`python -m docs.upstream.reproduce`: each fault of the plugin, without its patch and with it.

Needs root and Slurm with accounting (.ci/run installs it): it starts two private clusters, one of
them with accounting. Names of faults behind the command run these alone. It takes about 15 minutes,
most of them waiting.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import snakemake_executor_plugin_slurm as plugin

from tests.slurm.accounting import ACCOUNT, SMALL_QOS, AccountingCluster
from tests.slurm.cluster import Cluster, running, wait_for

UPSTREAM = Path(__file__).parent
SECONDS = 60
"""Time after the end of a Slurm job within which Snakemake has to notice it."""
SNAKEFILE = """\
rule all:
    input: expand("{n}.txt", n=range(int(config.get("jobs", 1))))
rule job:
    output: "{n}.txt"
    shell: "touch {wildcards.n}.started; sleep {config[sleep]}; echo '{config[text]}' >{output}"
"""
OPTIONS = {
    "executor": "slurm",
    "jobs": "4",
    "cores": "1",
    "latency-wait": "5",
    "slurm-init-seconds-before-status-checks": "1",
    "seconds-between-status-checks": "1",
}


@dataclass
class Call:
    """A call of Snakemake, in a folder of its own."""

    cluster: Cluster
    folder: Path
    plugin: Path
    """Folder of the plugin's package."""

    def start(
        self, *options: str, sleep: int = 1, text: str = "text", jobs: int = 1, **environment: str
    ) -> subprocess.Popen[str]:
        """Start it with further options, jobs that sleep so many seconds, and further variables."""
        (self.folder / "Snakefile").write_text(SNAKEFILE)
        own = {"PYTHONPATH": str(self.plugin), **self.cluster.environment, **environment}
        given = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
        config = f"sleep={sleep}", f"text={text}", f"jobs={jobs}"
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *given, *options, "--config", *config],
            cwd=self.folder,
            env={**os.environ, **own},
            stdout=(self.folder / "said").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.process = process
        return process

    def ends(self, seconds: float) -> str:
        """How the call ends, if it does within some seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(seconds)
            return "succeeds" if code == 0 else "fails"
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return "waits forever"

    def job(self) -> int:
        """The Slurm job, once its command runs."""
        wait_for("a command that runs", (self.folder / "0.started").exists)
        (number,) = wait_for("a job that runs", lambda: self.cluster.jobs("running"))
        return int(number)

    def ends_after(self, job: int, seconds: float = SECONDS) -> str:
        """How the call ends once a Slurm job has."""
        wait_for("its end", lambda: not self.cluster.jobs("pending,running,completing").get(job))
        return self.ends(seconds)

    @property
    def said(self) -> str:
        """What the call has said."""
        return (self.folder / "said").read_text()


def without_accounting(call: Call) -> str:
    """The sacct of a cluster that keeps no accounts fails."""
    call.start("--slurm-status-command", "sacct", sleep=1)
    return call.ends_after(call.job())


def controller_is_away(call: Call) -> str:
    """No state of a job is known for half a minute."""
    call.start("--slurm-status-command", "squeue", "--slurm-status-attempts", "1", sleep=40)
    job, controller = call.job(), call.cluster.pid_of("slurmctld")
    os.kill(controller, signal.SIGSTOP)
    time.sleep(30)
    os.kill(controller, signal.SIGCONT)
    return call.ends_after(job)


def cancelled_by_somebody(call: Call) -> str:
    """Accounting says who cancelled a job."""
    call.start("--slurm-status-command", "sacct", *account(), sleep=600)
    job = call.job()
    call.cluster.ask("scancel", str(job))
    return call.ends_after(job)


def preempted_and_cancelled(call: Call) -> str:
    """A job of higher priority takes the node, in a partition with PreemptMode=CANCEL."""
    resources = "slurm_partition=spare", "cpus_per_task=16"
    call.start(*("--slurm-status-command", "squeue", "--default-resources", *resources), sleep=600)
    job = call.job()
    urgent = "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap", "true"
    call.cluster.ask("sbatch", *urgent)
    return call.ends_after(job)


def more_jobs_than_allowed(call: Call) -> str:
    """Four jobs where two may be submitted."""
    call.start("--slurm-qos", SMALL_QOS, *account("runtime=5"), jobs=4)
    return call.ends(240)


def partition_is_closed(call: Call) -> str:
    """A partition takes no jobs for a while."""
    call.cluster.ask("scontrol", "update", "partitionname=gpu", "state=drain")
    call.start("--slurm-status-command", "squeue")
    wait_for("refusal", lambda: "partition not available" in call.said or call.process.poll())
    time.sleep(5)
    call.cluster.ask("scontrol", "update", "partitionname=gpu", "state=up")
    return call.ends(120)


def controller_away_at_submission(call: Call) -> str:
    """The controller does not answer for half a minute, in which a job is submitted."""
    controller = call.cluster.pid_of("slurmctld")
    os.kill(controller, signal.SIGSTOP)
    # Without a partition, the plugin would ask for the default one.
    resources = "--default-resources", "slurm_partition=gpu"
    call.start("--slurm-status-command", "squeue", *resources)
    wait_for("refusal", lambda: "imed out" in call.said or call.process.poll())
    os.kill(controller, signal.SIGCONT)
    return call.ends(120)


def dollar_in_a_command(call: Call) -> str:
    """A value of the config has a dollar sign, quoted for the shell of the job."""
    call.start("--slurm-status-command", "squeue", text="$HOME")
    call.ends(120)
    return f"job gets {(call.folder / '0.txt').read_text().strip()}"


def account_by_guess(call: Call) -> str:
    """The sacct of the site says something before its answer."""
    programs = call.folder / "programs"
    programs.mkdir()
    (programs / "sacct").write_text("#!/bin/sh\necho Dear users,; echo lab, root\n")
    (programs / "sacct").chmod(0o755)
    path = f"{programs}{os.pathsep}{call.cluster.environment['PATH']}"
    call.start("--slurm-status-command", "squeue", PATH=path)
    return call.ends(120)


def called_inside_a_job(call: Call) -> str:
    """The cluster is found by SLURM_CONF alone."""
    call.start("--slurm-status-command", "squeue", SLURM_JOB_ID="1")
    return call.ends(120)


def account(*resources: str) -> tuple[str, ...]:
    """Options that name the account of the cluster with accounting."""
    return "--default-resources", f"slurm_account={ACCOUNT}", "mem_mb=100", *resources


@dataclass(frozen=True)
class Fault:
    """A fault of the plugin."""

    patch: str
    shown: Callable[[Call], str]
    without: str
    """What happens without the patch."""
    patched: str
    """What happens with it."""
    accounting: bool = False
    """Whether the cluster keeps accounts."""


FAULTS = (
    Fault("no-answer-keeps-jobs", without_accounting, "waits forever", "succeeds"),
    Fault("no-answer-keeps-jobs", controller_is_away, "waits forever", "succeeds"),
    Fault("cancelled-by", cancelled_by_somebody, "waits forever", "fails", accounting=True),
    Fault("preempted-is-final", preempted_and_cancelled, "waits forever", "fails"),
    Fault("refused-for-now", more_jobs_than_allowed, "fails", "succeeds", accounting=True),
    Fault("refused-for-now", partition_is_closed, "fails", "succeeds"),
    Fault("refused-for-now", controller_away_at_submission, "fails", "succeeds"),
    Fault("wrap-escapes", dollar_in_a_command, f"job gets {Path.home()}", "job gets $HOME"),
    Fault("account-is-no-name", account_by_guess, "fails", "succeeds", accounting=True),
    Fault("keep-slurm-conf", called_inside_a_job, "fails", "succeeds"),
)


@contextlib.contextmanager
def clusters() -> Iterator[dict[bool, Cluster]]:
    """One cluster without accounting and one with it, of a node each."""
    with contextlib.ExitStack() as stack:
        started = {}
        for accounting, kind in ((False, Cluster), (True, AccountingCluster)):
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True)
            )
            started[accounting] = stack.enter_context(running(kind(Path(folder), 1)))
        yield started


def copy_of_plugin(folder: Path, patch: str | None) -> Path:
    """A copy of the installed plugin in a folder, with a patch applied to it."""
    source = Path(plugin.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, folder / source.name, ignore=ignored)
    if patch:
        subprocess.run(["git", "apply", UPSTREAM / f"{patch}.patch"], cwd=folder, check=True)
    return folder


def main() -> int:
    """Run the faults, and say what happened; 1 if it is not what the drafts say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fault", nargs="*", help=", ".join(f.shown.__name__ for f in FAULTS))
    parser.add_argument("--said", type=Path, help="folder for what Snakemake says")
    arguments = parser.parse_args()
    asked = [f for f in FAULTS if not arguments.fault or f.shown.__name__ in arguments.fault]
    wrong = 0
    with clusters() as started, tempfile.TemporaryDirectory() as work:
        for number, fault in enumerate(asked):
            for patch, expected in ((None, fault.without), (fault.patch, fault.patched)):
                folder = Path(work) / f"{number}-{patch or 'plain'}"
                folder.mkdir()
                call = Call(
                    started[fault.accounting], folder, copy_of_plugin(folder / "plugin", patch)
                )
                found = fault.shown(call)
                call.cluster.clear()
                if arguments.said:
                    name = f"{fault.shown.__name__}-{patch or 'plain'}.log"
                    arguments.said.mkdir(parents=True, exist_ok=True)
                    shutil.copy(folder / "said", arguments.said / name)
                wrong += found != expected
                note = "" if found == expected else f", but {expected!r} was expected"
                side = "with" if patch else "without"
                print(f"{fault.shown.__name__}, {side} {fault.patch}: {found}{note}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
