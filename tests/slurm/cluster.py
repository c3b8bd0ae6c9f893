"""A private Slurm on this machine: real daemons on loopback, nodes with four fake GPUs each."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={root}/run/munge.socket,cred_expire=20
CredType=cred/munge
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
SlurmctldPidFile={root}/run/slurmctld.pid
SlurmdPidFile={root}/run/slurmd.%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SlurmdParameters=config_overrides
{accounting}
MinJobAge=3600
KillWait=10
SlurmdTimeout=30
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
{nodes}
PartitionName=gpu Nodes=ALL Default=YES MaxTime=1-00:00:00 DefaultTime=10 State=UP OverSubscribe=NO
PartitionName=urgent Nodes=ALL MaxTime=1-00:00:00 DefaultTime=10 State=UP PriorityTier=9
PartitionName=spare Nodes=ALL MaxTime=1-00:00:00 DefaultTime=10 State=UP PreemptMode=CANCEL
PartitionName=scavenger Nodes=ALL MaxTime=10 State=UP PriorityTier=0 GraceTime=20
PartitionName=leftover Nodes=ALL MaxTime=10 State=UP PriorityTier=0 GraceTime=20 PreemptMode=CANCEL
"""
NO_ACCOUNTING = """\
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none"""
# A requeued job waits as long as its credential lives (cred_expire, 120 s by default), and a node
# that does not answer for SlurmdTimeout (300 s) is taken for dead.
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=16 Boards=1 "
    "SocketsPerBoard=1 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=256000 Gres=gpu:{gpus} "
    "State=UNKNOWN"
)
SRUN = """\
#!/bin/sh
# The job step drops every SLURM_ variable before it calls srun.
SLURM_CONF={root}/slurm.conf exec /usr/bin/srun "$@"
"""
DEADLINE_SECONDS = 600.0
"""For a start or an end, on a machine that is busy with other things."""


def wait_for(
    what: str, found: Callable[[], Found], seconds: float = 1800, every: float = 0.25
) -> Found:
    """Ask every so many seconds until the answer is true; no longer than `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {seconds:.0f} s")
        time.sleep(every)
    return answer


class Cluster:
    """munged, slurmctld and some slurmd, all below one folder."""

    accounting = NO_ACCOUNTING
    """What slurm.conf says of it."""
    gpu_model: str | None = None
    """Model of all GPUs, where the cluster tells models apart."""

    def __init__(self, root: Path, nodes: int) -> None:
        self.root = root
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.host = socket.gethostname().split(".")[0]
        self.daemons: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "SLURM_CONF": str(root / "slurm.conf"),
            "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def start(self) -> None:
        """Write the configuration, start the daemons, and wait until all nodes are idle."""
        for name in ("run", "state", "log", "dev", "bin", *(f"spool/{n}" for n in self.nodes)):
            (self.root / name).mkdir(parents=True)
        self.root.chmod(0o755)
        ports = free_ports(len(self.nodes) + 1)
        nodes = [
            NODE.format(name=name, host=self.host, port=port, gpus=self._model("{}:4", "4"))
            for name, port in zip(self.nodes, ports[1:], strict=True)
        ]
        (self.root / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=self.host,
                port=ports[0],
                root=self.root,
                nodes="\n".join(nodes),
                accounting=self.accounting,
            )
        )
        kind = self._model("Type={} ", "")
        gpus = [
            f"NodeName={n} Name=gpu {kind}File={self.root}/dev/{n}-gpu[0-3]\n" for n in self.nodes
        ]
        (self.root / "gres.conf").write_text("AutoDetect=off\n" + "".join(gpus))
        (self.root / "cgroup.conf").write_text("CgroupAutomount=no\n")
        for name in self.nodes:
            for number in range(4):
                os.mknod(self.root / f"dev/{name}-gpu{number}", 0o20666, os.makedev(195, number))
        srun = self.root / "bin/srun"
        srun.write_text(SRUN.format(root=self.root))
        srun.chmod(0o755)
        self._start_munged()
        self.start_accounting()
        self.slurm_daemon("slurmctld")
        for name in self.nodes:
            self.slurm_daemon("slurmd", "-N", name)
        wait_for("idle nodes", self._all_idle, DEADLINE_SECONDS)

    def _model(self, form: str, otherwise: str) -> str:
        return form.format(self.gpu_model) if self.gpu_model else otherwise

    def _start_munged(self) -> None:
        run = self.root / "run"
        run.chmod(0o755)
        key = self.root / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o600)
        options = {
            "--key-file": key,
            "--socket": run / "munge.socket",
            "--pid-file": run / "munged.pid",
            "--log-file": self.root / "log/munged.log",
            "--seed-file": run / "munged.seed",
        }
        command = ["munged", "--force", *(f"{name}={value}" for name, value in options.items())]
        subprocess.run(
            command,
            env={**os.environ, **self.environment},
            check=True,
            timeout=DEADLINE_SECONDS,
        )

    def start_accounting(self) -> None:
        """Start what accounting needs, before slurmctld asks for it; here: nothing."""

    def slurm_daemon(self, program: str, *arguments: str) -> None:
        """Start slurmctld, or the slurmd of a node; it writes a log and a pid file."""
        name = f"{program}{''.join(arguments)}"
        self.daemon(name, program, "-D", "-f", self.root / "slurm.conf", *arguments)

    def daemon(self, name: str, *command: str | Path) -> None:
        """Start a process that lives as long as the cluster."""
        with (self.root / "log" / f"{name}.out").open("a") as stream:
            self.daemons.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **self.environment},
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def pid_of(self, daemon: str) -> int:
        """The process of `slurmctld`, or of a node's, such as `slurmd.n1`."""
        return int((self.root / f"run/{daemon}.pid").read_text())

    def _all_idle(self) -> bool:
        said = self.ask("sinfo", "-h", "-N", "-p", "gpu", "-o", "%T", check=False).split()
        return said == ["idle"] * len(self.nodes)

    def ask(self, *command: str, check: bool = True) -> str:
        """What one of Slurm's commands says on standard output."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def jobs(self, states: str = "all") -> dict[int, str]:
        """The comments (Snakemake's rule and wildcards) of jobs in these states, by job id."""
        said = self.ask("squeue", "-h", f"--states={states}", "-o", "%A|%k")
        rows = (line.split("|", 1) for line in said.splitlines())
        return {int(number): comment for number, comment in rows}

    def details(self, job: int) -> dict[str, str]:
        """What scontrol knows of a job."""
        said = self.ask("scontrol", "--details", "--oneliner", "show", "job", str(job))
        return dict(part.split("=", 1) for part in said.split() if "=" in part)

    def runs(self, job: int) -> bool:
        """Whether a job runs: it does not wait, and no signal has been sent to end it."""
        return self.details(job)["JobState"] == "RUNNING"

    def clear(self) -> None:
        """Cancel every job and wait until the nodes are idle again."""
        self.ask("scancel", "--user=root")
        wait_for("idle nodes", self._all_idle, DEADLINE_SECONDS)

    @contextlib.contextmanager
    def closed(self, partition: str, state: str = "down") -> Iterator[None]:
        """A partition whose jobs wait (`down`), or that takes none (`drain`, `inactive`)."""
        self.ask("scontrol", "update", f"partitionname={partition}", f"state={state}")
        try:
            yield
        finally:
            self.ask("scontrol", "update", f"partitionname={partition}", "state=up")

    def processes(self) -> list[int]:
        """Everything that runs with this cluster's configuration: daemons, job steps, jobs."""
        mark = f"SLURM_CONF={self.root}/slurm.conf".encode()
        return [
            int(process.name)
            for process in Path("/proc").glob("[0-9]*")
            if mark in _environment(process)
        ]

    def stop(self) -> None:
        """End every process of the cluster."""
        with contextlib.suppress(AssertionError):
            self._send(signal.SIGTERM)
            self._send(signal.SIGCONT)
            wait_for("end", self._has_ended, 5)
        # Steps that have lost their slurmd do not listen.
        self._send(signal.SIGKILL)
        wait_for("end", self._has_ended, DEADLINE_SECONDS)

    def _send(self, number: signal.Signals) -> None:
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _has_ended(self) -> bool:
        for daemon in self.daemons:
            daemon.poll()
        return not self.processes()


def _environment(process: Path) -> list[bytes]:
    """What a process was started with; nothing of one that is gone."""
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def free_ports(count: int) -> list[int]:
    """Ports of the loopback on which nobody listens."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """A started cluster; it is stopped in the end."""
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
