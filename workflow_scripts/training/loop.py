"""The training loop."""

import time

import torch

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_json, write_text
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.training import checkpoint
from workflow_scripts.training.cpu import set_up_torch
from workflow_scripts.training.data import Sample, TrainingSet
from workflow_scripts.training.engines import engine_for
from workflow_scripts.training.gradients import DivergenceError, Gradients
from workflow_scripts.training.job import Ending, Meeting, Outcome, TrainingJob
from workflow_scripts.training.metrics import Metrics
from workflow_scripts.training.optimisation import Optimisation
from workflow_scripts.training.provenance import device_name, now, peak_memory, provenance
from workflow_scripts.training.readers import batches
from workflow_scripts.training.sampling import Share
from workflow_scripts.training.stopping import StopRequest
from workflow_scripts.training.trained_model import TrainedModel
from workflow_scripts.training.weights import initial_weights
from workflow_scripts.training.workers import Agreement, Worker


def train(job: TrainingJob, rank: int, meeting: Meeting, stop: StopRequest) -> Outcome:
    """Train as one of the job's workers, until the end or until asked to stop.

    Raises:
        UserError: an image cannot be read, the weights do not fit, the loss diverges, or the
            GPU's memory is too small.
    """
    threads = max(1, job.threads // job.workers)
    set_up_torch(threads, deterministic=not job.gpus or job.recipe.deterministic)
    with Worker.joined(job, rank, meeting) as worker:
        try:
            return Trainer(job, worker).run(stop)
        except torch.cuda.OutOfMemoryError as error:
            raise UserError(f"{' '.join(str(error).split())[:200]} … {advice(job)}") from None


def advice(job: TrainingJob) -> str:
    """What to do when the memory of a GPU is too small for a worker's images."""
    images = min(
        job.images_at_once or job.recipe.images_per_step,
        job.recipe.images_per_step // job.workers,
    )
    if images > 1:
        return (
            f"lower --images-at-once from {images} to {images // 2} "
            "(in a profile: set-resources: train: images_at_once); the result stays the same"
        )
    return "one image alone does not fit: lower the training image size, or take a larger GPU"


class Trainer:
    """One run, from its start or its saved state to its end.

    Everything random follows from the seed and the position in the run, so that a saved state
    holds no generator, and a run that was interrupted ends like one that was not.
    """

    def __init__(self, job: TrainingJob, worker: Worker) -> None:
        self.job, self.worker, self.recipe, recipe = job, worker, job.recipe, job.recipe
        self.split = CocoSplit.read(job.annotations)
        self.engine = engine_for(job.settings, len(self.split.classes))
        self.samples = TrainingSet(
            self.split, job.images, job.anonymized, self.engine.augment(), job.training_seed
        )
        torch.manual_seed(job.training_seed)
        self.model = self.engine.initial_model(initial_weights(job.settings))
        self.model = self.model.to(worker.device)
        self.optimisation = Optimisation(
            self.engine.descent(self.model), worker.device, mixed_precision=recipe.mixed_precision
        )
        self.progress = checkpoint.Progress(first_start=now())
        self._resume()
        learner = self.engine.learner(self.model)
        self.gradients = Gradients(
            self.engine,
            learner,
            worker.parallel(learner),
            worker,
            self.optimisation,
            recipe.images_per_step,
            job.images_at_once,
        )
        self.saved_at = time.monotonic()
        if worker.leads:
            self.metrics = Metrics(
                job.live_metrics,
                self.progress.iteration,
                recipe.iterations,
                recipe.images_per_step,
                self.progress.seconds,
            )

    def run(self, stop: StopRequest) -> Outcome:
        """Train."""
        for batch in self._batches():
            step = self._step(batch, stop())
            if self.worker.leads:
                rate = self.optimisation.learning_rate
                self.metrics.add(self.progress.iteration, step.parts, rate)
            if self.progress.iteration == self.recipe.iterations:
                self._finish(step)
            elif step.stop or step.save:
                self._save()
            if step.stop and self.progress.iteration < self.recipe.iterations:
                return Outcome(
                    Ending.SAVED,
                    f"saved at iteration {self.progress.iteration} of "
                    f"{self.recipe.iterations}; run again to continue",
                )
        return Outcome(Ending.DONE, str(self.job.output))

    def _batches(self):
        recipe, job = self.recipe, self.job
        share = Share(
            self.progress.iteration,
            recipe.iterations,
            recipe.images_per_step,
            self.worker.rank,
            job.workers,
        )
        return batches(self.samples, share, job.readers, pinned=bool(job.gpus))

    def _step(self, batch: list[Sample], stop: bool) -> Agreement:
        batch = [sample.to(self.worker.device) for sample in batch]
        due = time.monotonic() - self.saved_at >= self.job.checkpoint_seconds
        self.optimisation.begin(self.progress.iteration)
        try:
            step = self.gradients(batch, stop=stop, save=due)
        except DivergenceError as error:
            raise self._diverged(str(error)) from None
        if not self.optimisation.step():
            raise self._diverged("its gradient is not finite")
        self.progress.iteration += 1
        return step

    def _diverged(self, finding: str) -> UserError:
        saved = f"; {self.job.state} holds a state from before" if self.job.state.is_file() else ""
        return UserError(
            f"training diverged at iteration {self.progress.iteration + 1}: {finding}; "
            f"{self.engine.against_divergence}{saved}"
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

    def _finish(self, step: Agreement) -> None:
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
        engines_own = job.output / "config.yaml"
        engines_own.unlink(missing_ok=True)
        if self.engine.config is not None:
            write_text(engines_own, self.engine.config)
        write_json(
            job.output / "run.json",
            provenance(job, self.progress, step.parts, list(devices), list(memory)),
        )
        TrainedModel(
            settings=job.settings,
            config=self.engine.config,
            classes=self.split.classes,
            variant=job.variant,
            seed=job.seed,
            fingerprint=job.fingerprint,
            iterations=self.progress.iteration,
            model={name: value.cpu() for name, value in self.model.state_dict().items()},
        ).write(job.output / "model_final.pth")
