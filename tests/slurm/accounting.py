"""The private Slurm with accounting: slurmdbd, and its database in a MariaDB of its own."""

import os
import subprocess
from pathlib import Path

from tests.slurm.cluster import DEADLINE_SECONDS, Cluster, free_ports, wait_for

ACCOUNT = "lab"
"""The only account whose jobs are accepted."""
SMALL_QOS = "small"
"""A quality of service that takes two jobs of a user, with two GPUs together, for an hour."""
SLURMDBD = """\
AuthType=auth/munge
AuthInfo=socket={root}/run/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
PidFile={root}/run/slurmdbd.pid
LogFile={root}/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=accounting
"""
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={root}/run/munge.socket
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu,gres/gpu:a100
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1"""
# For a few rows.
SMALL = "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M"


class AccountingCluster(Cluster):
    """A cluster whose jobs need an account, and are accounted for; its GPUs have a model."""

    gpu_model = "a100"

    def __init__(self, root: Path, nodes: int) -> None:
        super().__init__(root, nodes)
        (self._port,) = free_ports(1)
        self._socket = root / "run/mariadb.socket"
        self.accounting = ACCOUNTING.format(root=root, port=self._port)
        # The database listens on no port, and slurmdbd cannot be told of a socket otherwise.
        self.environment["MYSQL_UNIX_PORT"] = str(self._socket)

    def start(self) -> None:
        """Start it; GPUs can be limited once slurmctld has told slurmdbd of them."""
        super().start()
        limits = "MaxSubmitJobsPerUser=2", "MaxTRESPerUser=gres/gpu=2", "MaxWall=60"
        self.ask("sacctmgr", "-i", "add", "qos", SMALL_QOS, *limits)
        self.ask("sacctmgr", "-i", "modify", "user", "root", "set", f"qos+={SMALL_QOS}")

    def start_accounting(self) -> None:
        """Start the database and slurmdbd, and add cluster, account and user."""
        self._start_database()
        settings = self.root / "slurmdbd.conf"
        settings.touch(mode=0o600)
        settings.write_text(SLURMDBD.format(root=self.root, port=self._port))
        self.start_slurmdbd()
        self.ask("sacctmgr", "-i", "add", "cluster", "test")
        self.ask("sacctmgr", "-i", "add", "account", ACCOUNT, "cluster=test")
        self.ask("sacctmgr", "-i", "add", "user", "root", f"account={ACCOUNT}", "cluster=test")

    def _start_database(self) -> None:
        common = "--no-defaults", "--user=root", f"--datadir={self.root}/database", *SMALL
        subprocess.run(
            ["mariadb-install-db", *common, "--skip-test-db", "--skip-name-resolve"],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=DEADLINE_SECONDS,
        )
        access = f"--socket={self._socket}", "--skip-networking", "--skip-grant-tables"
        self.daemon("mariadbd", "mariadbd", *common, *access, "--innodb-flush-log-at-trx-commit=0")
        wait_for("database", self._socket.exists, DEADLINE_SECONDS)

    def start_slurmdbd(self) -> None:
        """Start slurmdbd, also after its end, and wait for its first answer."""
        self.daemon("slurmdbd", "slurmdbd", "-D")
        wait_for("slurmdbd", self._answers, DEADLINE_SECONDS)

    def _answers(self) -> bool:
        return "root" in self.ask("sacctmgr", "-n", "list", "user", check=False)
