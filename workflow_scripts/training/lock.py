"""One training at a time in a folder."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.ownership import PATIENCE_SECONDS, owned

OWNER = "owner.json"
"""Says, to other nodes too, who trains in the folder."""


@contextlib.contextmanager
def sole_user_of(folder: Path) -> Iterator[None]:
    """Refuse a folder in which another command, or what it left running, still works.

    Two locks: the owner's file is for commands, on this machine or on another; the file system's
    lock is for the workers of a command on this machine that was killed.

    Raises:
        UserError: it still does after a while.
    """
    with owned(folder / OWNER, lost=_stop_this_process), _lock_file(folder) as lock:
        end = time.monotonic() + PATIENCE_SECONDS
        told = False
        while not _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if time.monotonic() > end:
                raise UserError(
                    f"{folder}: another process trains in this folder; wait for it, or stop it"
                )
            if not told:
                log.info("another process works in %s; waiting for it to end", folder)
                told = True
            time.sleep(0.2)
        # The workers share it, so that it is free only when the last of them has ended.
        _locked(lock, fcntl.LOCK_SH)
        yield


def _stop_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def user_of(folder: Path) -> Iterator[None]:
    """Work in a folder together with the command that is its sole user."""
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
        # Some cluster file systems are mounted without locks; that is no reason not to train.
        log.warning("%s: cannot be locked (%s)", lock.name, error.strerror)
    return True
