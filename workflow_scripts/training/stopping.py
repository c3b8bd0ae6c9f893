"""How a worker learns that it has to save and stop."""

import os
import signal
import time
from pathlib import Path

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGURG)
"""Slurm's TERM before KILL, Ctrl-C, and the signal that Slurm can send to a step early."""


class StopRequest:
    """Asked for by a signal, by the clock, or by the death of the command.

    Args:
        tether: a named pipe; the command holds its writing end.
        stop_at: Unix time (seconds), or None.
    """

    def __init__(self, tether: Path, stop_at: float | None) -> None:
        self.stop_at = stop_at
        self.signalled = False
        self._tether = os.open(tether, os.O_RDONLY | os.O_NONBLOCK)
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
        try:
            return os.read(self._tether, 1) == b""
        except BlockingIOError:
            return False
