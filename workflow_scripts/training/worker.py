"""What the launcher starts in each process of a training."""

import logging
import os
import traceback

from submitit.helpers import TorchDistributedEnvironment

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.training.job import Ending, Meeting, Outcome, TrainingJob
from workflow_scripts.training.lock import user_of
from workflow_scripts.training.stopping import StopRequest


def work(job: TrainingJob, meeting: Meeting) -> Outcome:
    """Do this process's part of a training.

    It is imported by the command too, which shall not pay for importing torch.
    """
    stop = StopRequest(meeting.tether, job.stop_at)
    rank = TorchDistributedEnvironment().rank
    _log_to(job, rank)
    if job.gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = job.gpus[rank]
    with user_of(job.checkpoints):
        from workflow_scripts.training.loop import train  # noqa: PLC0415 - torch takes seconds

        try:
            return train(job, rank, meeting, stop)
        except UserError as error:
            return Outcome(Ending.FAILED, str(error))
        except Exception:
            # Printed too: this process's output is what its log file holds.
            traceback.print_exc()
            return Outcome(Ending.CRASHED, traceback.format_exc())


def _log_to(job: TrainingJob, rank: int) -> None:
    handler = logging.FileHandler(job.log_of(rank), encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.setLevel(logging.INFO if rank == 0 else logging.WARNING)
    log.propagate = False
    log.addHandler(handler)
