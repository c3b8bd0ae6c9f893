"""Samples read ahead, by processes that live as long as the training that they read for."""

import os
import signal
import threading
from collections.abc import Iterator

from torch.utils.data import DataLoader, Dataset

from workflow_scripts.training.data import Sample
from workflow_scripts.training.sampling import Share
from workflow_scripts.training.stopping import STOP_SIGNALS


def batches(
    samples: Dataset[Sample], share: Share, processes: int, pinned: bool
) -> Iterator[list[Sample]]:
    """This worker's samples, a list a step.

    Args:
        samples: the endless sequence.
        share: this worker's part of it.
        processes: that read ahead; with 0 this process reads.
        pinned: hand out page-locked memory, for GPUs.
    """
    loader = DataLoader(
        samples,
        batch_sampler=share,
        num_workers=processes,
        collate_fn=list,
        pin_memory=pinned,
        worker_init_fn=_end_when_told,
        # Forked processes inherit what is blocked; Python 3.14 and later would choose another way.
        multiprocessing_context="fork" if processes else None,
    )
    # Slurm's signals reach every process of a job, but those that read have to last until the
    # worker has saved its state: they start, and stay, with these signals blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        return iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_when_told(process: int) -> None:
    """Let the worker alone end this process, which it does by SIGTERM."""
    threading.Thread(target=_wait_for_the_worker, daemon=True).start()


def _wait_for_the_worker() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
