"""Order of the training images, and read-ahead.

The order is an endless sequence that depends on the seed alone: position p is image p modulo n of a
permutation that is redrawn every epoch. Step i takes the images_per_step positions from i ×
images_per_step on, and each worker a slice of them. So resuming needs no stored order, and the
order does not depend on the number of workers.
"""

import os
import resource
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
from torch.utils.data import DataLoader, Dataset

from workflow_scripts.training.process_control import STOP_SIGNALS

Sample = TypeVar("Sample")

OPEN_FILES = 65_536
"""Requested limit of open files: each tensor from a reader process is an open file until it is
copied, which soon exceeds the usual limit of 1024."""


@dataclass(frozen=True)
class BatchPositions:
    """Positions of one worker's images, step by step: a batch sampler for `DataLoader`."""

    first_step: int
    last_step: int
    """Exclusive."""
    images_per_step: int
    """Batch size over all workers."""
    rank: int
    world_size: int

    def __len__(self) -> int:
        """Number of steps."""
        return self.last_step - self.first_step

    def __iter__(self) -> Iterator[list[int]]:
        """Positions of each step's images, in order."""
        size = self.images_per_step // self.world_size
        for step in range(self.first_step, self.last_step):
            start = step * self.images_per_step + self.rank * size
            yield list(range(start, start + size))


def image_at(position: int, images: int, seed: int) -> int:
    """Index of the image at a position of the endless sequence, in [0, images)."""
    epoch, place = divmod(position, images)
    return int(_permutation(epoch, images, seed)[place])


@lru_cache(maxsize=4)
def _permutation(epoch: int, images: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(images)


def batches(
    samples: Dataset[Sample], positions: Iterable[list[int]], processes: int, *, pinned: bool
) -> Iterator[list[Sample]]:
    """Samples of this worker, one list per step.

    Args:
        samples: endless sequence of samples.
        positions: positions of each step's samples, as `BatchPositions`.
        processes: number of reader processes; with 0, this process reads.
        pinned: whether to return page-locked memory, for GPUs.
    """
    if processes:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    loader = DataLoader(
        samples,
        batch_sampler=positions,
        num_workers=processes,
        collate_fn=list,
        pin_memory=pinned,
        worker_init_fn=_set_up_reader,
        # Forked processes inherit blocked signals; Python 3.14 and later do not fork by default.
        multiprocessing_context="fork" if processes else None,
    )
    # Slurm signals every process of a job, but readers must survive until the worker has saved its
    # state: they run with these signals blocked from the start.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        return iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _set_up_reader(process: int) -> None:
    """Limit OpenCV to one thread, and wait in a thread for a SIGTERM from the worker only.

    The number of readers already equals the number of threads.
    """
    cv2.setNumThreads(1)
    threading.Thread(target=_wait_for_the_worker, daemon=True).start()


def _wait_for_the_worker() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
