"""Order of the training images, and reading them ahead.

The order is an endless sequence that depends on the seed alone: position p is image p modulo n of a
permutation that is drawn anew for every epoch. Step i takes the positions from i × images_per_step
on, and each worker its slice of them. Nothing about the order has to be stored to resume, and the
number of workers does not change it.
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
"""Open files that this process asks for: each tensor that another one has read is one until it is
copied, and a usual limit of 1024 is soon reached."""


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
    """Samples of this worker, a list per step.

    Args:
        samples: endless sequence of samples.
        positions: positions of each step's samples, as `BatchPositions`.
        processes: number of processes that read ahead; with 0 this process reads.
        pinned: return page-locked memory, for GPUs.
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
        # Forked processes inherit what is blocked; Python 3.14 and later would choose another way.
        multiprocessing_context="fork" if processes else None,
    )
    # Slurm's signals reach every process of a job, but readers have to last until the worker has
    # saved its state: they start, and stay, with these signals blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        return iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _set_up_reader(process: int) -> None:
    """Let OpenCV use one thread, and wait in another for the worker's SIGTERM, nobody else's.

    There are as many readers as threads already.
    """
    cv2.setNumThreads(1)
    threading.Thread(target=_wait_for_the_worker, daemon=True).start()


def _wait_for_the_worker() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
