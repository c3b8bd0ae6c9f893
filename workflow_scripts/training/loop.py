"""The training loop."""

import math
import time

import torch

from workflow_scripts.coco import CocoSplit
from workflow_scripts.console import log
from workflow_scripts.errors import UserError
from workflow_scripts.files import write_json, write_text
from workflow_scripts.training import checkpoint
from workflow_scripts.training.cpu import set_up_torch
from workflow_scripts.training.data import Sample, TrainingSet, batches
from workflow_scripts.training.engines import engine_named
from workflow_scripts.training.job import Ending, Meeting, Outcome, TrainingJob
from workflow_scripts.training.metrics import Metrics
from workflow_scripts.training.optimisation import Optimisation, learning_rate
from workflow_scripts.training.provenance import device_name, now, peak_memory, provenance
from workflow_scripts.training.sampling import Share
from workflow_scripts.training.stopping import StopRequest
from workflow_scripts.training.trained_model import TrainedModel
from workflow_scripts.training.weights import initial_weights
from workflow_scripts.training.workers import Step, Worker

DIVERGED = 1000.0
"""No training recovers from a loss beyond this; a random start has one of about 10."""


def train(job: TrainingJob, rank: int, meeting: Meeting, stop: StopRequest) -> Outcome:
    """Train as one of the job's workers, until the end or until asked to stop.

    Raises:
        UserError: an image cannot be read, the weights do not fit, or the loss diverges.
    """
    set_up_torch(max(1, job.threads // job.workers), deterministic=not job.gpus)
    with Worker.joined(job, rank, meeting) as worker:
        return Trainer(job, worker).run(stop)


class Trainer:
    """One run, from its start or its saved state to its end.

    Everything random follows from the seed and the position in the run, so that a saved state
    holds no generator, and a run that was interrupted ends like one that was not.
    """

    def __init__(self, job: TrainingJob, worker: Worker) -> None:
        self.job, self.worker, settings = job, worker, job.settings
        self.split = CocoSplit.read(job.annotations)
        self.samples = TrainingSet(
            self.split, job.images, job.anonymized, settings.augmentation, job.training_seed
        )
        self.engine = engine_named(settings.engine)
        torch.manual_seed(job.training_seed)
        weights = initial_weights(settings)
        model = self.engine.initial_model(settings, len(self.split.classes), weights)
        self.model = model.to(worker.device)
        self.optimisation = Optimisation(settings, self.model, worker.device)
        self.progress = checkpoint.Progress(first_start=now())
        self._resume()
        self.parallel = worker.parallel(self.model)
        self.saved_at = time.monotonic()
        if worker.leads:
            self.metrics = Metrics(
                job.live_metrics,
                self.progress.iteration,
                settings.iterations,
                settings.images_per_step,
                self.progress.seconds,
            )

    def run(self, stop: StopRequest) -> Outcome:
        """Train."""
        for batch in self._batches():
            step = self._step(batch, stop())
            if self.worker.leads:
                rate = learning_rate(self.job.settings, self.progress.iteration - 1)
                self.metrics.add(self.progress.iteration, step.parts, rate)
            if self.progress.iteration == self.job.settings.iterations:
                self._finish(step)
            elif step.stop or step.save:
                self._save()
            if step.stop and self.progress.iteration < self.job.settings.iterations:
                return Outcome(
                    Ending.SAVED,
                    f"saved at iteration {self.progress.iteration} of "
                    f"{self.job.settings.iterations}; run again to continue",
                )
        return Outcome(Ending.DONE, str(self.job.output))

    def _batches(self):
        settings, job = self.job.settings, self.job
        share = Share(
            self.progress.iteration,
            settings.iterations,
            settings.images_per_step,
            self.worker.rank,
            job.workers,
        )
        # On CPU the cores are busy with the model; reading ahead would only take turns with it.
        processes = max(1, min(8, job.threads // job.workers)) if job.gpus else 0
        return batches(self.samples, share, processes, pinned=bool(job.gpus))

    def _step(self, batch: list[Sample], stop: bool) -> Step:
        batch = [sample.to(self.worker.device) for sample in batch]
        with self.optimisation.autocast():
            terms = self.engine.losses(self.parallel, batch)
        due = time.monotonic() - self.saved_at >= self.job.checkpoint_seconds
        step = self.worker.agree(terms, stop=stop, save=due)
        loss = sum(step.parts.values())
        if not math.isfinite(loss) or loss > DIVERGED:
            parts = ", ".join(f"{name} {value:.3g}" for name, value in step.parts.items())
            raise self._diverged(f"the loss is {loss:.3g} ({parts})")
        if not self.optimisation.step(step.loss, self.progress.iteration):
            raise self._diverged("its gradient is not finite")
        self.progress.iteration += 1
        return step

    def _diverged(self, finding: str) -> UserError:
        saved = f"; {self.job.state} holds a state from before" if self.job.state.is_file() else ""
        return UserError(
            f"training diverged at iteration {self.progress.iteration + 1}: {finding}; lower "
            "training.learning_rate, lengthen training.warmup_iterations, or set "
            f"training.gradient_clip{saved}"
        )

    def _resume(self) -> None:
        state = checkpoint.read_state(self.job)
        if state is None:
            return
        self.model.load_state_dict(state.model)
        self.optimisation.load_state_dict(state.optimisation)
        self.progress = state.progress
        self.progress.resumed_from.append(self.progress.iteration)
        log.info("going on from iteration %d", self.progress.iteration)

    def _save(self) -> None:
        if self.worker.leads:
            self.progress.seconds = self.metrics.seconds
            checkpoint.save_state(
                self.job,
                checkpoint.SavedState(
                    self.progress, self.model.state_dict(), self.optimisation.state_dict()
                ),
            )
        self.saved_at = time.monotonic()

    def _finish(self, step: Step) -> None:
        """Write the results, the weights last."""
        own = (device_name(self.worker.device), peak_memory())
        devices, memory = zip(*self.worker.gather(own), strict=True)
        if not self.worker.leads:
            return
        job = self.job
        self.progress.seconds = self.metrics.seconds
        self.metrics.close()
        lines = job.live_metrics.read_text(encoding="utf-8")
        write_text(job.output / "metrics.jsonl", lines)
        write_json(
            job.output / "run.json",
            provenance(job, self.progress, step.parts, list(devices), list(memory)),
        )
        TrainedModel(
            settings=job.settings,
            classes=self.split.classes,
            variant=job.variant,
            seed=job.seed,
            fingerprint=job.fingerprint,
            iterations=self.progress.iteration,
            model={name: value.cpu() for name, value in self.model.state_dict().items()},
        ).write(job.output / "model_final.pth")
