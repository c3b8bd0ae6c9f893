"""`python -m benchmarks.login_node`: load of 50 waiting jobs on Slurm and on a login node.

Needs root and Slurm (.ci/run installs it): it starts a private cluster with accounting, and closes
its partition, so that all jobs wait. Wrappers around Slurm's commands count their calls. The
intervals between queries are the real ones; a row counts the first minutes.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from tests.slurm.accounting import ACCOUNT, AccountingCluster
from tests.slurm.cluster import running, wait_for
from tests.workflow import PROJECT

JOBS = 50
SECONDS = 160
"""Observation time after the last submission: three queries."""
COMMANDS = "sbatch", "squeue", "sacct", "scontrol", "sacctmgr", "sshare", "sinfo", "scancel"
STAND_IN = """#!/bin/sh
echo {name} >>{calls}
exec {program} "$@"
"""
SNAKEFILE = f"""
rule all:
    input: expand("{{n}}.txt", n=range({JOBS}))

rule job:
    output: "{{n}}.txt"
    shell: "touch {{output}}"
"""
SITE = f"""
default-resources: {{mem_mb: 100, runtime: 5, slurm_account: {ACCOUNT}, slurm_partition: gpu}}
"""


def benchmark() -> pd.DataFrame:
    """Submit jobs that wait, and count calls.

    Returns:
        Rows of a quantity and its value.
    """
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        running(AccountingCluster(Path(folder) / "c", 1)) as cluster,
    ):
        cluster.ask("scontrol", "update", "partitionname=gpu", "state=down")
        work, stand_ins, calls = (Path(folder) / name for name in ("work", "bin", "calls"))
        work.mkdir()
        stand_ins.mkdir()
        calls.touch()
        for name in COMMANDS:
            file = stand_ins / name
            file.write_text(STAND_IN.format(name=name, calls=calls, program=shutil.which(name)))
            file.chmod(0o755)
        (work / "Snakefile").write_text(SNAKEFILE)
        (work / "site.yaml").write_text(SITE)
        environment = {**os.environ, **cluster.environment}
        environment["PATH"] = f"{stand_ins}{os.pathsep}{environment['PATH']}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "snakemake"),
                *("--profile", f"{PROJECT}/profiles/slurm", "--profile", f"{work}/site.yaml"),
            ],
            cwd=work,
            env=environment,
            stdout=(work / "said").open("w"),
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for("submissions", lambda: calls.read_text().count("sbatch") == JOBS)
            submitting, cpu = Counter(calls.read_text().split()), cpu_seconds(process.pid)
            time.sleep(SECONDS)
            waiting = Counter(calls.read_text().split()) - submitting
            used = cpu_seconds(process.pid) - cpu
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
        threads, rss = (status.split(f"{name}:")[1].split()[0] for name in ("Threads", "VmRSS"))
        rows: dict[str, float] = {
            f"{name}, to submit {JOBS} jobs": count for name, count in sorted(submitting.items())
        }
        rows |= {f"{name}, while they wait ({SECONDS} s)": n for name, n in sorted(waiting.items())}
        rows |= {
            "CPU time until all are submitted (s)": round(cpu, 1),
            f"CPU time while they wait ({SECONDS} s)": round(used, 1),
            "memory (MB)": int(rss) // 1024,
            "threads of the one process": int(threads),
            "Snakemake's log (KB)": round((work / "said").stat().st_size / 1000, 1),
        }
        return pd.DataFrame(rows.items(), columns=["what", "how many"])


def cpu_seconds(process: int) -> float:
    """CPU time of a process and of its finished children."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False))
