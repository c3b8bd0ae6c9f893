"""Snakemake with the executor of this package, on commands that stand in for Slurm's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from slurm_repairs import PLUGIN, VERSION, repairs
from slurm_repairs.job_step import for_double_quotes, forget_allocation, job_step
from slurm_repairs.questions import ENDED

PACKAGE = Path(__file__).resolve().parents[1]

SLURM = """\
#!{python} -IS
'''sbatch, squeue and sacct of a cluster that runs nothing: jobs end as a list says.'''
import fcntl, json, os, sys
from pathlib import Path

folder = Path(__file__).parent
name, words = Path(sys.argv[0]).name, sys.argv[1:]
asked = (folder / "asked").open("a+")
fcntl.flock(asked, fcntl.LOCK_EX)
asked.write(name + chr(10))
asked.flush()
jobs = sorted((json.loads(file.read_text()) for file in folder.glob("job.*")), key=lambda j: j["n"])
live = [job for job in jobs if job["state"] == "RUNNING"]
value = lambda option: words[words.index(option) + 1]

def keep(job):
    (folder / ("job." + str(job["n"]))).write_text(json.dumps(job))

if name == "sacct":
    print("lab, root")
elif name == "sbatch":
    if len(live) >= int(os.environ["LIMIT"]):
        sys.exit("sbatch: error: QOSMaxSubmitJobPerUserLimit")
    comment = value("--comment")
    if comment.endswith("_refused"):
        sys.exit("sbatch: error: Batch job submission failed: Invalid qos specification")
    job = dict(n=len(jobs) + 1, looks=0, state="RUNNING", name=value("--job-name"), comment=comment)
    keep(job)
    if comment.endswith("_accepted"):
        sys.exit("sbatch: error: Socket timed out on send/recv operation")
    print(job["n"])
elif name == "squeue":
    answers = len((folder / "asked").read_text().split("squeue")) - 1
    if answers % 4 == 3:
        print("Dear users, the queue is closed|for|a|while")
        sys.exit(1)
    for job in jobs:
        print(job["n"], job["name"], job["state"], "T||None", job["comment"], os.getcwd(), sep="|")
    for job in live:
        job["looks"] += 1
        keep(job)
        if job["looks"] < 3:
            continue
        work = job["comment"].split("_")[-1]
        ends = folder / ("ends." + work)
        lines = ends.read_text().split() if ends.exists() else []
        job["state"], _, saved = (lines or ["COMPLETED:"])[0].partition(":")
        if lines:
            ends.write_text(" ".join(lines[1:]))
        if saved:
            with Path("saved." + work).open("a") as stream:
                stream.write(saved)
        if job["state"] == "COMPLETED":
            Path(work + ".txt").touch()
        keep(job)
"""
SNAKEFILE = """\
rule work:
    output: "{name}.txt"
    log: "{name}.log"
    resources: runtime=1, mem_mb=1
    shell: "exit 1"

onerror:
    for job in workflow.scheduler.failed:
        end = workflow.scheduler.get_executor(job).ends.get(job)
        print(f"end of {job.wildcards.name}: {end}")
"""
PROFILE = """\
__use_yte__: true
__definitions__:
  - import sys; sys.path[:0] = ["{package}", "{folder}"]; import slurm_repairs, work
  - slurm_repairs.apply(work.Files())
  - 'work.soon()'
executor: slurm
jobs: 20
cores: 1
keep-going: true
latency-wait: 1
"""
WORK = """\
from pathlib import Path
from slurm_repairs import executor, states

class Files:
    def _file(self, job):
        return Path(f"saved.{job.wildcards.name}")
    def saved(self, job):
        return self._file(job).stat().st_size if self._file(job).exists() else 0
    def was_stopped(self, job, number):
        return self._file(job).exists() and self._file(job).read_text().endswith("s")
    def repeats(self, job, number):
        return job.wildcards.name == "wrong"
    def is_done(self, job):
        return None

def soon():
    executor.PAUSE_SECONDS = 0.1, 0.1
    states.QUEUE_KEPT_SECONDS = 0.0
    executor.PatientExecutor.next_seconds_between_status_checks = property(
        lambda self: 0.2, lambda self, value: None
    )
"""


@pytest.fixture
def slurm(tmp_path):
    """A folder with commands that stand in for Slurm's."""
    for name in ("sbatch", "squeue", "sacct"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(SLURM.replace("{python}", sys.executable))
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path / "bin"


def snakemake(slurm: Path, *targets: str, limit: int = 99, retries: int = 0, path: str = ""):
    """Run Snakemake beside the folder of commands."""
    work = slurm.parent / "work"
    (work / "profile").mkdir(parents=True, exist_ok=True)
    (work / "Snakefile").write_text(SNAKEFILE)
    (work / "work.py").write_text(WORK)
    profile = PROFILE.format(package=PACKAGE, folder=work)
    (work / "profile/profile.yaml").write_text(profile)
    options = "--profile", "profile", "--retries", str(retries)
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *options, *(f"{name}.txt" for name in targets)],
        cwd=work,
        env={**os.environ, "PATH": path or f"{slurm}:/bin:/usr/bin", "LIMIT": str(limit)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


def submitted(slurm: Path) -> list[str]:
    """The work of the jobs that Slurm took, in order."""
    jobs = [json.loads(file.read_text()) for file in slurm.glob("job.*")]
    return [job["comment"].split("_")[-1] for job in sorted(jobs, key=lambda job: job["n"])]


@pytest.mark.slow
def test_limits_garbage_and_stops_cost_no_retry(slurm):
    """One job at a time; squeue fails now and then; sacct says something else."""
    (slurm / "ends.resumed").write_text("FAILED:s TIMEOUT:x FAILED:s PREEMPTED: TIMEOUT:s")
    done = snakemake(slurm, "a", "b", "c", "resumed", "accepted", limit=1)
    assert done.returncode == 0, done.stdout
    said = done.stdout
    assert said.count("on submitted jobs is reached (QOSMaxSubmitJobPerUserLimit)") == 1
    assert "Job states come from squeue (sacct lists no job states but 'lab, root')" in said
    assert said.count("was stopped (Slurm job ") == 5
    assert sorted(submitted(slurm)) == ["a", "accepted", "b", "c", *["resumed"] * 6]


def ends_in(said: str) -> dict[str, str | None]:
    """How the last Slurm job of each failed job ended, by the executor."""
    found = re.findall(r"^end of (\w+): (?:None|Slurm job \d+: (.+))$", said, re.M)
    return {name: end or None for name, end in found}


@pytest.mark.slow
def test_failures_are_failures(slurm):
    """Those that stop twice without progress, crash, would repeat, are cancelled, or refused."""
    (slurm / "ends.idle").write_text("TIMEOUT: TIMEOUT:")
    (slurm / "ends.crashed").write_text("FAILED:x COMPLETED:")
    (slurm / "ends.wrong").write_text("FAILED:x COMPLETED:")
    (slurm / "ends.cancelled").write_text("CANCELLED:s CANCELLED:s COMPLETED:")
    names = "idle", "crashed", "wrong", "cancelled", "refused"
    done = snakemake(slurm, *names, retries=1)
    assert done.returncode == 1
    said = done.stdout
    counts = {name: submitted(slurm).count(name) for name in names}
    assert counts == {"idle": 3, "crashed": 2, "wrong": 1, "cancelled": 2, "refused": 0}
    # The retries of the others succeeded.
    assert ends_in(said) == {"cancelled": "CANCELLED", "wrong": "FAILED", "refused": None}
    assert "has ended: TIMEOUT, after 2 consecutive starts without progress" in said
    assert said.count("message: Slurm refuses the job: Batch job submission failed: Inv") == 1
    log = slurm.parent / "work/refused.log"
    assert log.read_text().startswith("error: Slurm refuses the job: ")


@pytest.mark.slow
def test_without_slurm_one_line_says_so(slurm):
    for command in slurm.iterdir():
        command.unlink()
    for tool in ("bash", "sh", "which"):
        (slurm / tool).symlink_to(f"/bin/{tool}")
    done = snakemake(slurm, "a", path=str(slurm))
    assert done.returncode == 1
    assert done.stdout.count("sbatch") == 1, done.stdout
    assert "this machine has no Slurm (sbatch: not found)" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_states_that_end_a_job_are_slurms():
    assert {"COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY"} <= ENDED
    assert not {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED"} & ENDED


def test_another_version_of_the_plugin_is_left_alone_and_named(capfd, monkeypatch):
    monkeypatch.setattr(repairs.importlib.metadata, "version", lambda name: "2.9.0")
    repairs.apply()
    said = capfd.readouterr().err
    assert f"{PLUGIN} 2.9.0 is installed" in said
    assert "NOT applied" in said
    assert f"install {VERSION}" in said


def test_a_command_reaches_the_job_unchanged():
    command = r"""echo '$HOME' "a\$b" `date` 'it'"'"'s' \d "x" """.strip()
    # As the plugin does it.
    wrap = '"' + for_double_quotes(command).replace('"', '\\"') + '"'
    said = subprocess.run(
        ["sh", "-c", f"printf %s {wrap}"], capture_output=True, text=True, check=True
    )
    assert said.stdout == command


def test_a_call_in_an_allocation_still_finds_the_cluster(monkeypatch):
    own = {name for name in os.environ if name.startswith("SLURM_")}
    for name in own:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLURM_CONF", "/site/slurm.conf")
    monkeypatch.setenv("SLURM_MEM_PER_CPU", "100")
    forget_allocation()
    assert os.environ["SLURM_MEM_PER_CPU"] == "100"
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    forget_allocation()
    left = {name: value for name, value in os.environ.items() if name.startswith("SLURM_")}
    assert left == {"SLURM_CONF": "/site/slurm.conf"}


class Resources(dict):
    """Resources of a job, as Snakemake gives them."""

    __getattr__ = dict.__getitem__


@pytest.mark.parametrize(
    ("resources", "options"),
    [
        ({}, "--cpus-per-task=8"),
        ({"cpus_per_task": 4}, "--cpus-per-task=4"),
        ({"gpu": 2}, "--cpus-per-task=8 --gpus=2"),
        ({"gpu": 2, "cpus_per_gpu": 3}, "--cpus-per-gpu=3 --gpus=2"),
        ({"gres": "gpu:2", "cpus_per_gpu": 3}, "--cpus-per-gpu=3"),
        ({"gres": "disk:2", "cpus_per_gpu": 3}, "--cpus-per-task=8"),
    ],
)
def test_a_step_asks_for_what_its_job_has(resources, options):
    job = SimpleNamespace(threads=8, resources=Resources(resources))
    assert job_step(job) == f"srun -n1 --cpu-bind=q {options} --nodes=1"
