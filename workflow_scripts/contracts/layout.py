"""Paths of an experiment's files, each spelled once.

Names may be Snakemake wildcards: `layout.regions("{split}", "{shard}")`.
"""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.contracts.run_layout import RunLayout, TestLayout, run_in
from workflow_scripts.contracts.settings import UNMODIFIED


@dataclass(frozen=True)
class Layout:
    """Files of an experiment."""

    results: Path
    """`results/<experiment>`."""

    @classmethod
    def of(cls, experiment: str) -> "Layout":
        """The files of an experiment, relative to the working directory."""
        return cls(Path("results") / experiment)

    def refuse_what_is_in_the_way(self) -> None:
        """Check that no file is in place of a folder, and that no earlier version has worked here.

        Raises:
            UserError: a file is in the way, or there are files of an earlier version with other
                paths.
        """
        folders = [*self.results.parents[::-1], self.results, self.data, self.pii, self.images]
        folders += [self.runs, self.tables, self.figures, self.weights, self.logs, self.benchmarks]
        folders += [self.usage, *self.runs.glob("*/seed~*/checkpoints")]
        own = {path for path in self.runs.glob("*") if not path.suffix}
        folders += sorted(own - {self.training_checked})
        for folder in folders:
            if folder.exists() and not folder.is_dir():
                raise UserError(f"{folder}: is a file, but a folder is needed; move it away")
        for pattern in "pii/*.parquet", "pii/.checked", "images/*/manifest.parquet":
            for found in self.results.glob(pattern):
                raise UserError(
                    f"{self.results}: made by an earlier version of the workflow with other "
                    f"paths ({found.relative_to(self.results)}); move or delete this folder, or "
                    "give the experiment another name"
                )

    def pathvars(self) -> dict[str, str]:
        """Paths by name for the rules, with wildcards: Snakemake's pathvars.

        `<split>` is a wildcard unless a rule sets it, such as to `train`. `<run_job>` names a job
        of a run, which a rule sets to `<tested_job>` for a test on anonymized images.
        """
        variant, split, shard = "{variant}", "<split>", "{shard}"
        run, test = self.run(variant, "{seed}"), TestLayout(self.runs / "<run_job>")
        paths = {
            "results": self.results,
            "data": self.data,
            "drawn": self.drawn,
            "annotations": self.annotations(split),
            "shards": self.shards,
            "regions": self.regions(split, shard),
            "detection_checked": self.detection_checked(split),
            "pii_summary": self.pii_summary,
            "variant_checked": self.variant_checked(variant, split),
            "shard_images": self.shard_images(variant, split, shard),
            "manifest": self.manifest(variant, split),
            "audit": self.audit(variant),
            "pictures": self.pictures(UNMODIFIED),
            "treated_pictures": self.pictures(variant),
            "attacks": self.attacks(variant),
            "missed": self.missed,
            "only_second": self.only_second,
            "membership": self.membership(run),
            "privacy_page": self.privacy_page,
            "within_limits": self.within_limits,
            "handed_over": self.handed_over(variant),
            "contact_sheet": self.contact_sheet(variant),
            "handover": self.handover(variant),
            "training_checked": self.training_checked,
            "ready": self.ready(run),
            "run_job": run.folder.relative_to(self.runs),
            "tested_job": run.test("{tested}").folder.relative_to(self.runs),
            "further_job": run.further_test("{further}").folder.relative_to(self.runs),
            "further_annotations": self.further_annotations("{further}"),
            "further_tables": self.further_tables("{further}"),
            "checkpoint": run.checkpoint,
            "metrics": run.metrics,
            "run": run.provenance,
            "predictions": test.predictions,
            "evaluation": test.evaluation,
            "matches": test.matches,
            "tables": self.tables,
            "partial": self.partial_tables,
            "figures": self.figures,
            "provenance": self.provenance,
            "report": self.report,
            "weights": self.weights,
            "weights_manifest": self.weights_manifest,
            "logs": self.logs,
            "benchmarks": self.benchmarks,
        }
        return {"split": "{split}"} | {name: str(path) for name, path in paths.items()}

    # Data set

    @cached_property
    def data(self) -> Path:
        """Folder of the index."""
        return self.results / "data"

    @property
    def drawn(self) -> Path:
        """Root of the drawn data set."""
        return self.data / "synthetic"

    def annotations(self, split: str) -> Path:
        """COCO annotations of a split."""
        return self.data / f"{split}.coco.json"

    def further_annotations(self, name: str) -> Path:
        """COCO annotations of a further test set."""
        return self.data / "also" / f"{name}.coco.json"

    @staticmethod
    def annotations_beside(file: Path) -> tuple[str, dict[str, Path]]:
        """The split of a file of annotations, and the files of all splits in its folder."""
        split = file.name.removesuffix(".coco.json")
        others = {other: file.with_name(f"{other}.coco.json") for other in ("train", "val")}
        there = {other: path for other, path in others.items() if path.exists()}
        return split, {split: file} | there

    @cached_property
    def shards(self) -> Path:
        """Shards of both splits, and digests of their content."""
        return self.data / "shards.json"

    # PII and anonymized images

    @property
    def pii(self) -> Path:
        """Folder of PII regions."""
        return self.results / "pii"

    def regions(self, split: str, shard: str) -> Path:
        """PII regions of a shard."""
        return self.pii / split / f"{shard}.parquet"

    def detection_checked(self, split: str) -> Path:
        """Marker file: faces and license plates can be detected in a split."""
        return self.pii / split / ".checked"

    @property
    def pii_summary(self) -> Path:
        """Statistics of the PII regions of the training images."""
        return self.pii / "summary.json"

    @property
    def images(self) -> Path:
        """Folder of anonymized images."""
        return self.results / "images"

    def variant_images(self, variant: str, split: str) -> Path:
        """Folder of a variant's images of a split, with their manifest."""
        return self.images / variant / split

    def shard_images(self, variant: str, split: str, shard: str) -> Path:
        """Folder of a variant's images of a shard."""
        return self.variant_images(variant, split) / shard

    def manifest(self, variant: str, split: str) -> Path:
        """Manifest of a variant's images of a split."""
        return self.variant_images(variant, split) / "manifest.parquet"

    def variant_checked(self, variant: str, split: str) -> Path:
        """Marker file: a variant of a split can be made."""
        return self.variant_images(variant, split) / ".checked"

    def audit(self, variant: str) -> Path:
        """Privacy audit of a variant."""
        return self.results / "privacy" / f"{variant}.json"

    @property
    def privacy_page(self) -> Path:
        """Page for a data protection officer."""
        return self.results / "privacy.md"

    @property
    def within_limits(self) -> Path:
        """Marker file: no attack exceeds its limit."""
        return self.results / "privacy/attacks/.within_limits"

    def pictures(self, variant: str) -> Path:
        """Folder of an attacker's own pictures, treated by a variant's method."""
        return self.results / "privacy/attacks" / variant / "pictures"

    def attacks(self, variant: str) -> Path:
        """Success of the attacks on a variant; on the originals for `unmodified`."""
        return self.results / "privacy/attacks" / variant / "success.json"

    @property
    def missed(self) -> Path:
        """Estimate of how many faces and plates were missed."""
        return self.results / "privacy/missed/estimate.json"

    @property
    def only_second(self) -> Path:
        """Regions that the second detection found and the first did not."""
        return self.missed.with_name("only_second.parquet")

    @property
    def review(self) -> Path:
        """Numbers of a person's review, which no rule makes."""
        return self.results / "privacy/review/numbers.json"

    def membership(self, run: RunLayout) -> Path:
        """Losses of a run's model on single images."""
        return self.results / "privacy/membership" / f"{run.folder.relative_to(self.runs)}.json"

    def handed_over(self, variant: str) -> Path:
        """Hand-over folder: a variant's images at the original paths."""
        return self.results / "anonymized" / variant

    def contact_sheet(self, variant: str) -> Path:
        """Contact sheet of a hand-over folder."""
        return self.results / "anonymized" / f"{variant}-contact-sheet.png"

    def handover(self, variant: str) -> Path:
        """Summary of a hand-over folder, as text."""
        return self.results / "anonymized" / f"{variant}.txt"

    # Runs

    @cached_property
    def runs(self) -> Path:
        """Folder of runs."""
        return self.results / "runs"

    def run(self, variant: str, seed: int | str) -> RunLayout:
        """The files of a run."""
        return run_in(self.runs, variant, seed)

    def run_with(self, file: str) -> tuple[str, int] | None:
        """Variant and seed of the run that a file belongs to; None for other files."""
        found = re.fullmatch(r"([^/]+)/seed~(\d+)/.+", os.path.relpath(file, self.runs))
        return found and (found[1], int(found[2]))

    @property
    def expected_runs(self) -> Path:
        """Runs that the experiment consists of."""
        return self.runs / "expected.json"

    @property
    def training_checked(self) -> Path:
        """Marker file: the recipe and its weights are usable."""
        return self.runs / ".checked"

    def ready(self, run: RunLayout) -> Path:
        """Marker file: every check has passed, so training may start."""
        return self.runs / ".ready" / run.folder.relative_to(self.runs)

    @property
    def speed(self) -> Path:
        """Verification that fast trainings are equivalent to exact ones."""
        return self.results / "speed.json"

    @property
    def registration(self) -> Path:
        """Plan of the experiment, registered before its first run; no rule makes it."""
        return self.results / "registration.json"

    # Results for readers

    @property
    def tables(self) -> Path:
        """Folder of tables."""
        return self.results / "tables"

    def table(self, name: str, suffix: str = "json") -> Path:
        """A table: table_2, verdict, supplement, exposed, cross or privacy."""
        return self.tables / f"{name}.{suffix}"

    def further_tables(self, name: str) -> Path:
        """Folder of the tables of a further test set."""
        return self.tables / "also" / name

    @property
    def partial_tables(self) -> Path:
        """Folder of tables and a report of the runs that exist."""
        return self.tables / "partial"

    @property
    def figures(self) -> Path:
        """Folder of figures."""
        return self.results / "figures"

    def figure(self, name: str, suffix: str = "svg") -> Path:
        """A figure: figure_3, before_after, forest, effect_sizes, reliability, runs,
        learning_curves or privacy_utility.
        """
        return self.figures / f"{name}.{suffix}"

    @property
    def provenance(self) -> Path:
        """Origin of the results: config, versions, hashes of files."""
        return self.results / "provenance.json"

    @property
    def report(self) -> Path:
        """Self-contained report."""
        return self.results / "report.html"

    # Weights that the config names

    @property
    def weights(self) -> Path:
        """Folder of fetched weights, each named by its SHA-256."""
        return self.results / "weights"

    @property
    def weights_manifest(self) -> Path:
        """Origin and licence of the fetched weights."""
        return self.weights / "manifest.json"

    # Jobs, by name such as `train/natural/seed~3`

    @property
    def logs(self) -> Path:
        """Folder of logs."""
        return self.results / "logs"

    def log(self, job: str) -> Path:
        """Log of a job."""
        return self.logs / f"{job}.log"

    @property
    def benchmarks(self) -> Path:
        """Folder of Snakemake's benchmarks."""
        return self.results / "benchmarks"

    def benchmark(self, job: str) -> Path:
        """Snakemake's benchmark of a job."""
        return self.benchmarks / f"{job}.tsv"

    @property
    def usage(self) -> Path:
        """Folder of the resource records of all job attempts."""
        return self.results / "usage"

    def attempt_usage(self, job: str, attempt: str) -> Path:
        """Resource record of one job attempt."""
        return self.usage / f"{job}.{attempt}.json"
