"""Face recognition in several processes."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np

from .cutouts import FaceCutout
from .recognizers import BATCH, Recognizer


class InProcesses:
    """Recognizer that computes in several processes, which end with the program.

    dlib and OpenCV hold the GIL or a lock of their own while they compute, so threads would wait
    for each other.

    Args:
        make: picklable function that makes the recognizer.
        processes: number of processes, spawned when the first faces arrive.

    Raises:
        NotPossibleError: as the recognizer.
        ValueError: as the recognizer.
    """

    def __init__(self, make: Callable[[], Recognizer], processes: int) -> None:
        self._here = make()
        self.name = self._here.name
        self.sha256 = self._here.sha256
        self.threshold = self._here.threshold
        self._pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), _start_process, (make,)
        )

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """Faces as vectors, (n, d) float32; see `Recognizer`."""
        parts = [cutouts[start : start + BATCH] for start in range(0, len(cutouts), BATCH)]
        if len(parts) < 2:
            return self._here.vectors(cutouts)
        return np.concatenate(list(self._pool.map(_vectors_in_process, parts)))

    def similarity(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Similarity of all pairs: (n, m) float32; see `Recognizer`."""
        return self._here.similarity(a, b)


_in_process: Recognizer
"""Recognizer of this process, in the processes of `InProcesses`."""


def _start_process(make: Callable[[], Recognizer]) -> None:
    global _in_process  # noqa: PLW0603 - one for each process
    # Ctrl-C ends the program; a process that it interrupts could block the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _in_process = make()


def _vectors_in_process(cutouts: Sequence[FaceCutout]) -> np.ndarray:
    return _in_process.vectors(cutouts)
