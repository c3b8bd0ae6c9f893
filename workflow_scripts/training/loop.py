"""The training loop."""

import time
from collections.abc import Callable, Iterator

import torch
from invariant_mask_rcnn.readings import DivergenceError, StepReading, StepReadings
from invariant_mask_rcnn.samples import TrainingSample
from invariant_mask_rcnn.speed import compile_part, half_precision
from invariant_mask_rcnn.step import GradientAccumulator, ScheduledOptimizer
from invariant_mask_rcnn.transfer import on_device
from invariant_mask_rcnn.workers import Worker, set_up_torch
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import atomic, sha256_of_file, write_text

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.trainings import ValidationScores
from workflow_scripts.training.checkpoint import (
    OtherRunError,
    Progress,
    SavedState,
    TrainedModel,
)
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.job import Ending, Rendezvous, TrainingJob, TrainingOutcome
from workflow_scripts.training.loading import BatchPositions, batches
from workflow_scripts.training.metrics import Metrics
from workflow_scripts.training.origin import now
from workflow_scripts.training.provenance import peak_memory, provenance
from workflow_scripts.training.validation import Validator
from workflow_scripts.training.weights import DamagedError


def train(
    job: TrainingJob, rank: int, rendezvous: Rendezvous, stop: Callable[[], bool]
) -> TrainingOutcome:
    """Train as one of the job's workers, until the end or a request to stop.

    Args:
        job: the training.
        rank: rank of this worker.
        rendezvous: rendezvous of the workers.
        stop: called once per step; returns whether to save and stop.

    Raises:
        UserError: an image cannot be read, the weights do not fit, the loss diverges, or the
            GPU's memory is too small.
    """
    threads = max(1, job.threads // job.workers)
    deterministic = not job.gpus or job.recipe.deterministic
    set_up_torch(threads, deterministic=deterministic, fast=job.settings.is_fast)
    meeting = rendezvous.process_group
    with Worker.joined(rank, job.workers, meeting, on_gpu=bool(job.gpus)) as worker:
        try:
            return TrainingRun(job, worker).run(stop)
        except torch.cuda.OutOfMemoryError as error:
            raise UserError(f"{' '.join(str(error).split())[:200]} … {_advice(job)}") from None


class TrainingRun:
    """One run, from its start or saved state to its end.

    All randomness depends on the seed and the position in the run, so a saved state needs no
    generator state, and an interrupted run ends like an uninterrupted one.
    """

    def __init__(self, job: TrainingJob, worker: Worker) -> None:
        self.job, self.worker, self.recipe = job, worker, job.recipe
        self.split = CocoSplit.read(job.annotations)
        self.engine = job.settings.make_engine(len(self.split.classes))
        self.samples = TrainingSet(
            self.split,
            job.images,
            job.anonymized,
            self.engine.augmentation(),
            job.training_seed,
            masks=job.settings.learns_masks,
            processes=job.reading_processes,
        )
        self._start()
        self._resume()
        self.readings = StepReadings(worker.device)
        if job.settings.is_fast:
            self._compile()
        module = self.engine.loss_module(self.model)
        self.compute_gradient = GradientAccumulator(
            self.engine.losses,
            self.engine.counts_are_images,
            module,
            worker.data_parallel(module),
            worker,
            self.optimizer,
            self.recipe.images_per_step,
            job.micro_batch,
        )
        self.saved_at = time.monotonic()
        self.validator = (
            Validator(job, job.validation, worker, self.split.classes) if job.validation else None
        )
        if worker.is_rank_0:
            self.metrics = Metrics(job, self.progress.iteration, self.progress.seconds)

    def run(self, stop: Callable[[], bool]) -> TrainingOutcome:
        """Train until the end or a request to stop."""
        for batch in self._batches():
            self._step(batch, stop())
            iteration = self.progress.iteration
            is_last = iteration == self.recipe.iterations
            is_tested = self.validator is not None and self.validator.is_due(iteration)
            readings = self._read(everything=is_last or is_tested)
            scores = None
            if self.validator and is_tested:
                scores = self.validator.scores(self.model.state_dict(), self.engine.config)
            self._record(readings, scores)
            if is_last:
                self._finish(readings[-1])
            elif any(reading.stop or reading.save for reading in readings):
                self._save()
            if not is_last and any(reading.stop for reading in readings):
                if self.worker.is_rank_0:
                    self.metrics.close()
                return TrainingOutcome(
                    Ending.SAVED,
                    f"saved at iteration {iteration} of {self.recipe.iterations}; "
                    "run again to resume",
                )
        return TrainingOutcome(Ending.DONE, str(self.job.output))

    def _batches(self) -> Iterator[list[TrainingSample]]:
        """This worker's samples of each remaining step."""
        positions = BatchPositions(
            self.progress.iteration,
            self.recipe.iterations,
            self.recipe.images_per_step,
            self.worker.rank,
            self.worker.world_size,
        )
        read = batches(
            self.samples, positions, self.job.readers, pinned=self.worker.device.type == "cuda"
        )
        return on_device(read, self.worker.device)

    def _step(self, batch: list[TrainingSample], stop: bool) -> None:
        """Make one optimizer step."""
        due = time.monotonic() - self.saved_at >= self.job.checkpoint_seconds
        self.optimizer.begin(self.progress.iteration)
        try:
            agreed = self.compute_gradient(batch, stop=stop, save=due)
        except Exception as error:
            self._read(everything=True)  # the previous step may be the cause
            if isinstance(error, FloatingPointError):  # detectron2's error for NaN proposals
                raise self._diverged(self.progress.iteration + 1, str(error)) from None
            raise
        finite = self.optimizer.step()
        self.progress.iteration += 1
        rate = self.optimizer.learning_rate
        self.readings.add(self.progress.iteration, rate, agreed, finite)

    def _read(self, *, everything: bool) -> list[StepReading]:
        """Steps whose losses have not been read: those available without waiting, or all of them.

        If one of them is due for saving, the later ones are read as well, since only weights that
        have not diverged are saved.
        """
        readings = self.readings.read(everything=everything)
        if any(reading.stop or reading.save for reading in readings):
            readings += self.readings.read(everything=True)
        for reading in readings:
            try:
                reading.refuse_divergence()
            except DivergenceError as error:
                raise self._diverged(reading.iteration, str(error)) from None
        return readings

    def _record(self, readings: list[StepReading], scores: ValidationScores | None) -> None:
        """Record steps; the scores belong to the last one."""
        if not self.worker.is_rank_0:
            return
        for reading in readings:
            of_last = scores if reading is readings[-1] else None
            self.metrics.add(reading.iteration, reading.loss, reading.learning_rate, of_last)

    def _diverged(self, iteration: int, finding: str) -> UserError:
        saved = f"; {self.job.state} holds an earlier state" if self.job.state.is_file() else ""
        return UserError(
            f"training diverged at iteration {iteration}: {finding}; "
            f"{self.engine.against_divergence}{saved}"
        )

    def _start(self) -> None:
        """Set up the model and its optimizer for the first step."""
        torch.manual_seed(self.job.initialisation_seed)
        model = self.engine.initial_model(self.job.settings.initial_weights())
        if self.job.initialisation_seed != self.job.training_seed:
            # Later draws from this generator, such as dropout, are not part of the initialisation.
            torch.manual_seed(self.job.training_seed)
        self.model = model.to(self.worker.device)
        if self.worker.device.type == "cuda":
            # The fastest layout for convolutions on GPUs; on CPUs, the engine chooses the layout.
            self.model.to(memory_format=torch.channels_last)
        scheduled = self.engine.optimizer(self.model)
        self.optimizer = ScheduledOptimizer(
            scheduled.optimizer,
            scheduled.factor,
            self.worker.device,
            gradient_clip=scheduled.gradient_clip,
            half=half_precision(self.worker.device) if self.job.settings.is_fast else None,
        )
        self.progress = Progress(first_start=now())

    def _compile(self) -> None:
        """Compile the backbone with its feature pyramid at its first call."""
        backbone, device = getattr(self.model, "backbone", None), self.worker.device
        if device.type == "cpu":
            reason: str | None = "on a CPU, compiling takes longer than it saves"
        elif backbone is None:
            reason = "the model has no part named `backbone`"
        else:
            reason = compile_part(backbone, device)
        if reason is not None:
            log.warning(
                "training.speed: nothing is compiled (results do not depend on it): %s", reason
            )

    def _resume(self) -> None:
        """Restore the newest saved state of this run, if any."""
        for path, otherwise in (
            (self.job.state, "using the previous one"),
            (self.job.previous_state, "starting from the beginning"),
        ):
            try:
                self._restore(SavedState.of(self.job, path))
            except FileNotFoundError:
                continue
            except OtherRunError as error:
                log.warning("%s: %s, %s", path, error, otherwise)
                continue
            except (DamagedError, OSError) as error:
                log.warning("%s: damaged (%s), %s", path, error, otherwise)
                continue
            log.info("resuming at iteration %d", self.progress.iteration)
            return

    def _restore(self, state: SavedState) -> None:
        try:
            self.model.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimisation)
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._start()  # part of the state may be loaded already
            reason = str(error).split("\n")[-1].strip()[:150]
            raise DamagedError(f"it does not fit the model: {reason}") from None
        self.progress = state.progress
        self.progress.resumed_from.append(self.progress.iteration)

    def _save(self) -> None:
        """Save the state for resuming."""
        if self.worker.is_rank_0:
            self.progress.seconds = self.metrics.seconds
            SavedState(
                identity=self.job.identity,
                progress=self.progress,
                model=self.model.state_dict(),
                optimisation=self.optimizer.state_dict(),
            ).write(self.job)
        self.saved_at = time.monotonic()

    def _finish(self, last: StepReading) -> None:
        """Write the results, the weights last."""
        device = self.worker.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        devices, memory = zip(*self.worker.gather((name, peak_memory())), strict=True)
        if not self.worker.is_rank_0:
            return
        job, files = self.job, self.job.files
        self.progress.seconds = self.metrics.seconds
        self.metrics.close()
        lines = job.live_metrics.read_text(encoding="utf-8")
        write_text(files.metrics, lines)
        config = job.output / "config.yaml"
        config.unlink(missing_ok=True)
        if self.engine.config is not None:
            write_text(config, self.engine.config)
        model = TrainedModel(
            settings=job.settings,
            config=self.engine.config,
            classes=self.split.classes,
            variant=job.variant,
            seed=job.seed,
            fingerprint=job.fingerprint,
            iterations=self.progress.iteration,
            model={name: value.cpu() for name, value in self.model.state_dict().items()},
        )
        with atomic(files.checkpoint) as temporary:
            model.write(temporary)
            record = provenance(job, self.progress, last.loss, list(devices), list(memory))
            record = record.model_copy(update={"weights_sha256": sha256_of_file(temporary)})
            record.write(files.provenance)


def _advice(job: TrainingJob) -> str:
    """Advice for a GPU whose memory is too small for a worker's images."""
    images = min(
        job.micro_batch or job.recipe.images_per_step, job.recipe.images_per_step // job.workers
    )
    if images > 1:
        return (
            f"lower --micro-batch from {images} to {images // 2} "
            "(in a profile: set-resources: train: micro_batch); the result stays the same"
        )
    return "a single image does not fit: lower the training image size, or use a larger GPU"
