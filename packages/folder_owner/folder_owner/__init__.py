"""Ownership of a folder across machines: a file with the owner and its heartbeat.

File system locks do not work across nodes everywhere, so the file is created by a hard link, which
succeeds for exactly one process, also on network file systems; without hard links, by exclusive
creation. The clocks of nodes differ, so an owner counts as alive while its heartbeat changes,
independent of the time in it.

The owner may finish, and its folder disappear, at any moment while others wait for it: a waiting
process recreates whatever vanishes.
"""

import contextlib
import errno
import json
import logging
import os
import shutil
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)
"""Messages of processes that wait or take over."""

BEAT_SECONDS = 10.0
"""Time between two heartbeats of an owner."""
STALE_SECONDS = 60.0
"""Time without a new heartbeat after which an owner counts as dead."""
CLOCKS_APART_SECONDS = 120.0
"""Largest assumed difference between the clocks of two nodes."""
REMINDER_SECONDS = 600.0
"""Time between messages of a waiting process."""
_UNREADABLE = ValueError, TypeError, AttributeError, RecursionError
"""Errors of reading a malformed owner file."""
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""Errors of file systems without hard links."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class OwnershipError(Exception):
    """Another process works in the folder, or the owner's file is damaged: one line."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Owner:
    """A process that owns a folder."""

    name: str
    """Unique name of the owner."""
    host: str
    boot: str
    """Boot ID of the host; after a reboot, process IDs refer to other processes."""
    process: int
    ticks: str | None
    """Start time of the process in kernel ticks; process IDs are reused."""
    slurm_job: str | None
    since: str
    """Start of the ownership: ISO 8601, UTC, by the host's clock."""
    beat: str
    """Time of the last heartbeat: ISO 8601, UTC, by the host's clock."""

    @classmethod
    def this_process(cls) -> "Owner":
        """This process as an owner."""
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
        """Whether the process is alive; None if it runs on another machine."""
        if self.host != socket.gethostname() or not _BOOT.exists():
            return None
        return self.boot == _boot() and self.ticks == _ticks(self.process) is not None

    @property
    def seems_alive(self) -> bool:
        """Whether the process is alive; on another machine, judged by its last heartbeat only."""
        if self.lives_here is not None:
            return self.lives_here
        age = datetime.now(UTC) - datetime.fromisoformat(self.beat)
        return age.total_seconds() < STALE_SECONDS + CLOCKS_APART_SECONDS

    def __str__(self) -> str:
        """Description of the owner for messages."""
        slurm = f", Slurm job {self.slurm_job}" if self.slurm_job else ""
        return f"process {self.process} on {self.host}{slurm}, since {self.since}"


def _boot() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else ""


def _ticks(process: int) -> str | None:
    """Start time of a process in kernel ticks; None if there is none, or only a zombie."""
    try:
        state, *others = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if state == "Z" else others[18]


def owner_of(file: Path) -> Owner | None:
    """The owner of the folder that holds `file`; None if it has none.

    Raises:
        OwnershipError: the file is damaged.
    """
    for _ in range(50):
        try:
            return _parsed(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except _UNREADABLE:  # possibly during a heartbeat
            time.sleep(0.02)
    raise OwnershipError(f"{file}: damaged; remove it if no process works in its folder")


def _parsed(text: str) -> Owner:
    owner = Owner(**json.loads(text))
    if not owner.name.isalnum() or datetime.fromisoformat(owner.beat).tzinfo is None:
        raise ValueError
    return owner


def _is_owned_by(file: Path, owner: Owner) -> bool:
    now = owner_of(file)
    return now is not None and now.name == owner.name


@contextlib.contextmanager
def owned(file: Path, lost: Callable[[], None], until: float | None = None) -> Iterator[None]:
    """Own the folder that holds `file`, with a heartbeat, until the block ends.

    Waits for a living owner, which may be doing the same work.

    Args:
        file: owner file, created with its folder and removed at the end.
        lost: called from another thread if another process takes over the folder, which happens if
            this process was suspended for longer than `STALE_SECONDS`.
        until: Unix time in seconds until which to wait for a living owner; None for no limit.

    Raises:
        OwnershipError: the time is over, or the file is damaged.
    """
    own = Owner.this_process()
    _acquire(file, own, until)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(file, own, ended, lost), daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        # The work in the folder is done, so the next owner may report a damaged file.
        with contextlib.suppress(OwnershipError):
            if _is_owned_by(file, own):
                file.unlink(missing_ok=True)


def stop_this_process() -> None:
    """Ask this process to end; the default reaction to a lost folder."""
    os.kill(os.getpid(), signal.SIGTERM)


def remove_owned(folder: Path) -> None:
    """Remove an owned folder atomically, since waiting processes may write to it."""
    hidden = folder.rename(folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}"))
    # A network file system keeps open files; that must not make finished work fail.
    shutil.rmtree(hidden, ignore_errors=True)


def _acquire(file: Path, own: Owner, until: float | None) -> None:
    draft = file.with_name(f".{file.name}.{own.name}")
    try:
        while True:
            # A finished owner may have removed the folder, including the draft.
            with contextlib.suppress(FileNotFoundError):
                file.parent.mkdir(parents=True, exist_ok=True)
                draft.write_text(json.dumps(asdict(own)), encoding="utf-8")
                if _linked(draft, file):
                    return
                other = owner_of(file)
                if other is not None:
                    _wait_for_end_of(other, file, until)
                    if _taken_over(draft, file, other):
                        return
    finally:
        draft.unlink(missing_ok=True)


def _taken_over(draft: Path, file: Path, gone: Owner) -> bool:
    """Replace a dead owner's file by the draft; exactly one of the waiting processes succeeds."""
    claim = file.with_name(f".{file.name}.after.{gone.name}")
    if not _linked(draft, claim):
        time.sleep(0.2)
        claimant = owner_of(claim)
        # It takes milliseconds, unless the claimant died meanwhile.
        if claimant is not None and not claimant.seems_alive:
            claim.unlink(missing_ok=True)
        return False
    try:
        if not _is_owned_by(file, gone):
            return False
        draft.replace(file)
        return True
    finally:
        claim.unlink(missing_ok=True)


def _linked(draft: Path, file: Path) -> bool:
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _created(file, draft.read_text(encoding="utf-8"))
    return True


def _created(file: Path, text: str) -> bool:
    """Create a file unless it exists; concurrent readers wait for its text."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True


def _wait_for_end_of(owner: Owner, file: Path, until: float | None) -> None:
    """Return when an owner has finished or counts as dead."""
    waiting = Waiting(file.parent, until)
    how_to_stop = f"stop it with scancel {owner.slurm_job}" if owner.slurm_job else "stop it"
    started, seen = time.monotonic(), owner.lives_here
    while owner.lives_here is not False:
        now = owner_of(file)
        if now is None or now.name != owner.name:
            return
        seen = seen or now.beat != owner.beat
        if not seen and time.monotonic() - started > STALE_SECONDS:
            break
        waiting.go_on(str(owner), how_to_stop)
    log.warning("%s: taking over from a process that is gone (%s)", file.parent, owner)


class Waiting:
    """Waiting for others to release a folder, with occasional messages.

    Args:
        folder: the folder.
        until: Unix time in seconds until which to wait; None for no limit.
    """

    def __init__(self, folder: Path, until: float | None) -> None:
        self.folder, self.until = folder, until
        self.next_message = time.monotonic()

    def go_on(self, user: str, how_to_stop: str = "stop it") -> None:
        """Wait for a moment.

        Raises:
            OwnershipError: the wait timed out.
        """
        if self.until is not None and time.time() >= self.until:
            raise OwnershipError(
                f"{self.folder}: another process works in this folder ({user}); wait for it, or "
                f"{how_to_stop}"
            )
        if time.monotonic() >= self.next_message:
            log.info("%s is in use (%s); waiting for it to end", self.folder, user)
            self.next_message += REMINDER_SECONDS
        time.sleep(0.2)


def _beat(file: Path, own: Owner, ended: threading.Event, lost: Callable[[], None]) -> None:
    while not ended.wait(BEAT_SECONDS):
        # A file that is temporarily missing, unreadable or half-written is not a reason to stop.
        with contextlib.suppress(OSError, *_UNREADABLE):
            now = _beat_once(file, own)
            if now.name != own.name:
                log.error("%s was taken over (%s); stopping", file.parent, now)
                lost()
                return


def _beat_once(file: Path, own: Owner) -> Owner:
    """Renew the heartbeat in the same file that was read, since a new file may be a successor's.

    In place, since a folder in removal must get no new files; the length stays the same.
    """
    with file.open("r+", encoding="utf-8") as stream:
        now = _parsed(stream.read())
        if now.name == own.name:
            stream.seek(0)
            stream.write(json.dumps(asdict(replace(own, beat=_now()))))
        return now
