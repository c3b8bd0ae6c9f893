"""Who works in a folder, on whichever machine: a file with the owner and a heartbeat.

A lock of the file system is not seen on other nodes everywhere. The file is made by a hard link,
which succeeds for one of several processes on network file systems too. Clocks of nodes differ:
whether an owner lives is judged by whether its heartbeat changes, not by what it says.
"""

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError

BEAT_SECONDS = 10.0
"""An owner's heartbeat changes this often."""
STALE_SECONDS = 60.0
"""An owner whose heartbeat did not change for so long is gone."""
CLOCKS_APART_SECONDS = 120.0
"""Clocks of nodes may differ by so much."""
PATIENCE_SECONDS = 30.0
"""An owner that lives may be about to end."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Owner:
    """A process that works in a folder."""

    name: str
    """Nobody else's."""
    host: str
    boot: str
    """Of the host: after a restart its process numbers mean others."""
    process: int
    ticks: str | None
    """When the process started, by the host's kernel: its number may be given again."""
    slurm_job: str | None
    since: str
    """ISO 8601 in UTC, by the host's clock."""
    beat: str
    """The same; of the last heartbeat."""

    @classmethod
    def this_process(cls) -> "Owner":
        """The owner that this process is."""
        return cls(
            name=uuid.uuid4().hex,
            host=socket.gethostname(),
            boot=_boot(),
            process=os.getpid(),
            ticks=_ticks(os.getpid()),
            slurm_job=os.environ.get("SLURM_JOB_ID"),
            since=_now(),
            beat=_now(),
        )

    @property
    def lives_here(self) -> bool | None:
        """Whether the process lives; None on another machine, where it cannot be seen."""
        if self.host != socket.gethostname() or not _BOOT.exists():
            return None
        return self.boot == _boot() and self.ticks == _ticks(self.process) is not None

    @property
    def seems_alive(self) -> bool:
        """Whether the process lives, as far as one look tells: on another machine, by its beat."""
        if self.lives_here is not None:
            return self.lives_here
        age = datetime.now(UTC) - datetime.fromisoformat(self.beat)
        return age.total_seconds() < STALE_SECONDS + CLOCKS_APART_SECONDS

    def __str__(self) -> str:
        """As messages name it."""
        slurm = f", Slurm job {self.slurm_job}" if self.slurm_job else ""
        return f"process {self.process} on {self.host}{slurm}, since {self.since}"


def _boot() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else ""


def _ticks(process: int) -> str | None:
    """The start time of a process; None if there is no such, or only its entry in the table."""
    try:
        state, *others = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if state == "Z" else others[18]


def owner_of(file: Path) -> Owner | None:
    """Who owns the folder that `file` is in; None if nobody does."""
    for _ in range(50):
        try:
            return Owner(**json.loads(file.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError):  # read in the middle of a heartbeat
            time.sleep(0.02)
    raise UserError(f"{file}: damaged; remove it if nothing works in its folder")


@contextlib.contextmanager
def owned(file: Path, lost: Callable[[], None]) -> Iterator[None]:
    """Own the folder that `file` is in, with a heartbeat, until the block ends.

    Args:
        file: is made, and removed in the end.
        lost: is called from another thread when somebody else took the folder over, as happens
            to a process that stood still for longer than `STALE_SECONDS`.

    Raises:
        UserError: another process owns it, and is alive.
    """
    own = Owner.this_process()
    _acquire(file, own)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(file, own, ended, lost), daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        # It may be gone together with its folder.
        if file.exists() and owner_of(file).name == own.name:
            file.unlink()


def _acquire(file: Path, own: Owner) -> None:
    draft = file.with_name(f".{file.name}.{own.name}")
    draft.write_text(json.dumps(asdict(own)), encoding="utf-8")
    try:
        while not _linked(draft, file):
            other = owner_of(file)
            if other is not None:
                _wait_for_end_of(other, file)
                if _taken_over(draft, file, other):
                    return
    finally:
        draft.unlink(missing_ok=True)


def _taken_over(draft: Path, file: Path, gone: Owner) -> bool:
    """Put the draft in place of a dead owner's file, as the only one of all who wait for it."""
    claim = file.with_name(f".{file.name}.after.{gone.name}")
    if not _linked(draft, claim):
        time.sleep(0.2)
        return False
    try:
        now = owner_of(file)
        if now is None or now.name != gone.name:
            return False
        draft.replace(file)
        return True
    finally:
        claim.unlink()


def _linked(draft: Path, file: Path) -> bool:
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    return True


def _wait_for_end_of(owner: Owner, file: Path) -> None:
    """Return when an owner has ended or seems dead.

    Raises:
        UserError: it lives.
    """
    started, told, seen = time.monotonic(), False, owner.lives_here
    while owner.lives_here is not False:
        now = owner_of(file)
        if now is None or now.name != owner.name:
            return
        seen = seen or now.beat != owner.beat
        waited = time.monotonic() - started
        if seen and waited > PATIENCE_SECONDS:
            raise UserError(
                f"{file.parent}: another process trains in this folder ({owner}); wait for it, or "
                f"stop it{f' with scancel {owner.slurm_job}' if owner.slurm_job else ''}"
            )
        if not seen and waited > STALE_SECONDS:
            break
        if not told:
            log.info("%s is in use (%s); waiting for it to end", file.parent, owner)
            told = True
        time.sleep(0.2)
    log.warning("%s was left by a process that is gone (%s)", file.parent, owner)


def _beat(file: Path, own: Owner, ended: threading.Event, lost: Callable[[], None]) -> None:
    while not ended.wait(BEAT_SECONDS):
        now = owner_of(file)
        if now is None:  # removed by hand, or with its folder
            return
        if now.name != own.name:
            log.error("%s was taken over (%s); stopping", file.parent, now)
            lost()
            return
        # In place: a folder that is being removed gets no new files. The length stays the same.
        with contextlib.suppress(FileNotFoundError), file.open("r+", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(replace(own, beat=_now()))))
