"""Control of the processes of a training: requests to stop, and one training per folder."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from folder_owner import Waiting, owned, stop_this_process
from plain_commands.console import log

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGURG)
"""Slurm's TERM before KILL, Ctrl-C, and URG, which Slurm can send to a step ahead of time."""
OWNER = "owner.json"
"""Name of the owner file, which shows all nodes who trains in the folder."""


class StopRequest:
    """Request to save and stop: a signal, a time limit, or the end of the command.

    Args:
        heartbeat: named pipe whose writing end the command holds open; None in the command itself.
        stop_at: Unix time in seconds to stop at, or None.
    """

    def __init__(self, heartbeat: Path | None, stop_at: float | None) -> None:
        self.stop_at = stop_at
        self.signalled = False
        self._heartbeat = (
            None if heartbeat is None else os.open(heartbeat, os.O_RDONLY | os.O_NONBLOCK)
        )
        for number in STOP_SIGNALS:
            signal.signal(number, self._notice)

    def _notice(self, number: int, frame: object) -> None:
        self.signalled = True

    def __call__(self) -> bool:
        """Whether to save and stop now."""
        return (
            self.signalled
            or (self.stop_at is not None and time.time() >= self.stop_at)
            or self._command_is_gone()
        )

    def _command_is_gone(self) -> bool:
        if self._heartbeat is None:
            return False
        try:
            return os.read(self._heartbeat, 1) == b""
        except BlockingIOError:
            return False


@contextlib.contextmanager
def sole_user_of(folder: Path, until: float | None = None) -> Iterator[None]:
    """Context in which no other command, nor a worker left by one, uses the folder.

    There are two locks: the owner file excludes commands on any machine; the file system's lock
    excludes workers on this machine whose command was killed.

    Args:
        folder: folder, created unless it exists.
        until: Unix time in seconds until which to wait for others; None for no limit.

    Raises:
        OwnershipError: the wait timed out.
    """
    with owned(folder / OWNER, stop_this_process, until), _lock_file(folder) as lock:
        waiting = Waiting(folder, until)
        while not _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            waiting.go_on("workers of a command that was killed")
        # The workers share the lock, which is free only when the last one has ended.
        _locked(lock, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def user_of(folder: Path) -> Iterator[None]:
    """Context of a worker, which shares the folder with its command."""
    with _lock_file(folder) as lock:
        _locked(lock, fcntl.LOCK_SH)
        yield


def _lock_file(folder: Path) -> IO:
    return (folder / "lock").open("a")


def _locked(lock: IO, operation: int) -> bool:
    try:
        fcntl.flock(lock, operation)
    except BlockingIOError:
        return False
    except OSError as error:
        # Some cluster file systems are mounted without locks; training works without them.
        log.warning("%s: cannot be locked (%s)", lock.name, error.strerror)
    return True
