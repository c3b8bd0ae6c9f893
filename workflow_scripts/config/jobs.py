"""What the jobs of an experiment are told and what their results depend on.

Each job gets the settings that concern it, as JSON, and a fingerprint of all that determines its
result. The list of seeds, the hardware and file times are never part of it.
"""

import json

import yaml
from pydantic import BaseModel

from workflow_scripts.anonymization.methods.mask_objects import MaskObjects
from workflow_scripts.anonymization.variants import is_unmodified, seed_offset
from workflow_scripts.common.files import canonical_json, sha256_of_file
from workflow_scripts.common.fingerprint import ROOT, code_of, fingerprint
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.contracts.settings.training import Detectron2Training
from workflow_scripts.contracts.weights import weights_in, with_local_weights
from workflow_scripts.training.detectron2_files import files_of_config

DETECTRON2_ENVIRONMENT = ROOT / "envs" / "detectron2.yaml"

REPORT_TEMPLATES = ROOT / "workflow_scripts" / "analysis" / "report" / "templates"

AUDIT = (
    *(f"workflow_scripts.privacy.{name}" for name in ("measure", "summary", "report")),
    # Those that look again where the experiment's own detectors read annotations.
    *(f"workflow_scripts.pii.detectors.{name}" for name in ("centerface", "plates")),
)
"""The code that an audit depends on."""

NOT_OF_PREDICTIONS = {"on", "exposed"}
"""Keys of `evaluation:` that say what is done with predictions, not how they are made."""


def settings_json(section: BaseModel, weights: str = "") -> str:
    """A section as canonical JSON, defaults included.

    Args:
        section: of the config.
        weights: the folder of fetched weights. Where they came from is not part of the JSON.
    """
    return canonical_json(with_local_weights(section, weights).model_dump(mode="json"))


class Jobs:
    """Settings and fingerprints of an experiment's jobs.

    Methods that take `digest` need the digest of the split's images and labels, which is known
    once the data set is indexed.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.weights_folder = f"results/{experiment.experiment}/weights"
        self.weights_settings = canonical_json(
            {key: weights.model_dump(mode="json") for key, weights in weights_in(experiment)}
        )
        self.dataset_settings = settings_json(experiment.dataset)
        self.pii_settings = settings_json(experiment.pii, self.weights_folder)
        self.training_settings = settings_json(experiment.training)
        self.prediction_settings = canonical_json(
            experiment.evaluation.model_dump(mode="json", exclude=NOT_OF_PREDICTIONS)
        )
        self.statistics_settings = settings_json(experiment.statistics)
        self.interval_settings = canonical_json({"level": experiment.statistics.level})
        self.config = canonical_json(experiment.model_dump(mode="json"))
        self.report_settings = canonical_json({"show_originals": experiment.shows_originals})
        self.expected_runs = canonical_json(
            experiment.runs.model_dump(mode="json", exclude_defaults=True)
        )

    @property
    def aa_controls(self) -> list[str]:
        """The variants that are the reference again, under other seeds."""
        variants = self.experiment.variants
        same = [variant for variant in variants if self.is_unmodified(variant)]
        return [variant for variant in same if variant != self.experiment.reference]

    @property
    def positive_controls(self) -> list[str]:
        """The variants that have to come out worse: whole objects are masked."""
        variants = self.experiment.variants
        return [name for name in variants if isinstance(variants[name], MaskObjects)]

    def is_unmodified(self, variant: str) -> bool:
        """Whether a variant trains on the originals."""
        return is_unmodified(self.experiment.variants[variant])

    def seed_offset(self, variant: str) -> int:
        """What is added to a run's seed to train it."""
        return seed_offset(self.experiment.variants[variant])

    def gpus(self, variant: str) -> int:
        """How many GPUs a job asks for that makes a variant's images."""
        return self.experiment.variants[variant].gpus

    def environment(self, variant: str) -> str:
        """The file in envs/ with what making a variant's images needs."""
        return f"{self.experiment.variants[variant].environment}.yaml"

    def variant_settings(self, variant: str) -> str:
        """The settings of a variant's method, as JSON."""
        return settings_json(self.experiment.variants[variant])

    def named_variant_settings(self, variant: str) -> str:
        """The same by the variant's name."""
        return canonical_json({variant: json.loads(self.variant_settings(variant))})

    def weights_of(self, section: BaseModel) -> list[str]:
        """The files of weights that a section of the config needs; they have to be fetched."""
        digests = {weights.sha256 for _, weights in weights_in(section)}
        return [f"{self.weights_folder}/{digest}" for digest in sorted(digests)]

    def weights_record(self) -> str:
        """Fingerprint of the record of weights."""
        return fingerprint(
            settings=self.weights_settings,
            code=code_of("workflow_scripts.operations.weights.manifest"),
        )

    def drawing(self) -> str:
        """Fingerprint of the drawn data set."""
        drawn = self.experiment.dataset.model_dump(mode="json", exclude={"images_per_shard"})
        return fingerprint(settings=drawn, code=code_of("workflow_scripts.dataset.draw"))

    def index(self) -> str:
        """Fingerprint of the index."""
        return fingerprint(
            settings=self.dataset_settings, code=code_of("workflow_scripts.dataset.__main__")
        )

    def detection(self) -> str:
        """Fingerprint of the PII regions of a shard; the shard's id stands for its content.

        Files that a detector is told to read count by content.
        """
        detectors = self.experiment.pii.detectors.values()
        plugins = {type(detector).__module__ for detector in detectors}
        files = [getattr(detector, "file", None) for detector in detectors]
        return fingerprint(
            settings=settings_json(self.experiment.pii),
            files=[sha256_of_file(file) for file in files if file is not None and file.is_file()],
            code=code_of("workflow_scripts.pii.detect", *sorted(plugins)),
        )

    def anonymization(self, variant: str) -> str:
        """Fingerprint of a variant's images of a shard; the shard's id stands for its content."""
        method = self.experiment.variants[variant]
        return fingerprint(
            settings=self.variant_settings(variant),
            regions=self.detection(),
            code=code_of("workflow_scripts.anonymization.apply", type(method).__module__),
        )

    def pii_summary(self) -> str:
        """Fingerprint of the PII statistics, beside the regions."""
        return fingerprint(code=code_of("workflow_scripts.pii.figure"))

    def check(self, variant: str) -> str:
        """Fingerprint of the check whether a variant can be made."""
        module = type(self.experiment.variants[variant]).__module__
        return fingerprint(settings=self.variant_settings(variant), code=code_of(module))

    def gathering(self) -> str:
        """Fingerprint of a variant's manifest, beside the shards' manifests."""
        return fingerprint(code=code_of("workflow_scripts.contracts.manifest"))

    def run(self, variant: str, seed: int, digest: str) -> str:
        """Fingerprint of a training run."""
        unmodified = self.is_unmodified(variant)
        return fingerprint(
            settings=self.training_settings,
            seed=seed + self.seed_offset(variant),
            data=digest,
            images=None if unmodified else self.anonymization(variant),
            code=code_of("workflow_scripts.training.loop", self._engine()),
            **self._engines_own(),
        )

    def prediction(
        self, variant: str, seed: int, digests: dict[str, str], tested_on: str | None = None
    ) -> str:
        """Fingerprint of a run's predictions.

        Args:
            variant: the run's variant.
            seed: the run's seed.
            digests: of the images and labels, by split.
            tested_on: the variant of the validation images; None: they are as they are.
        """
        images = {} if tested_on is None else {"images": self.anonymization(tested_on)}
        return fingerprint(
            **images,
            run=self.run(variant, seed, digests["train"]),
            data=digests["val"],
            settings=self.prediction_settings,
            code=code_of("workflow_scripts.training.predictor", self._engine()),
        )

    def evaluation(self, digest: str) -> str:
        """Fingerprint of how predictions are evaluated."""
        return fingerprint(data=digest, code=code_of("workflow_scripts.evaluation.__main__"))

    def tables(self) -> str:
        """Fingerprint of how evaluations are aggregated."""
        return fingerprint(code=code_of("workflow_scripts.analysis.tables.__main__"))

    def verdict(self) -> str:
        """Fingerprint of how variants are judged, beside the evaluations."""
        return fingerprint(
            settings=self.statistics_settings,
            controls=[self.aa_controls, self.positive_controls],
            code=code_of("workflow_scripts.analysis.statistics.__main__"),
        )

    def cross(self) -> str:
        """Fingerprint of the table of the cross test, beside the evaluations."""
        return fingerprint(code=code_of("workflow_scripts.analysis.tables.cross_command"))

    def exposed(self) -> str:
        """Fingerprint of the table of exposed objects, beside the evaluations."""
        return fingerprint(
            settings=self.interval_settings,
            code=code_of("workflow_scripts.analysis.statistics.exposed_command"),
        )

    def audit(self, variant: str) -> str:
        """Fingerprint of a variant's privacy audit."""
        detectors = self.experiment.pii.detectors.values()
        plugins = {type(detector).__module__ for detector in detectors}
        return fingerprint(
            regions=self.detection(),
            images=None if self.is_unmodified(variant) else self.anonymization(variant),
            embedding=settings_json(self.experiment.privacy),
            code=code_of(*AUDIT, *sorted(plugins)),
        )

    def privacy_table(self) -> str:
        """Fingerprint of how audits are brought together."""
        return fingerprint(code=code_of("workflow_scripts.privacy.table"))

    def before_after(self) -> str:
        """Fingerprint of Figure 2, beside the images."""
        return fingerprint(
            settings=self.report_settings,
            code=code_of("workflow_scripts.privacy.figure", "workflow_scripts.privacy.samples"),
        )

    def figures(self) -> str:
        """Fingerprint of the figures of results."""
        return fingerprint(code=code_of("workflow_scripts.analysis.report.drawn"))

    def provenance(self) -> str:
        """Fingerprint of how the origin of the results is written down."""
        return fingerprint(code=code_of("workflow_scripts.analysis.report.provenance"))

    def report(self) -> str:
        """Fingerprint of the report, beside what it shows."""
        templates = sorted(file for file in REPORT_TEMPLATES.rglob("*") if file.is_file())
        return fingerprint(
            settings=self.report_settings,
            code=code_of("workflow_scripts.analysis.report.page"),
            templates=[sha256_of_file(file) for file in templates],
        )

    def _engines_own(self) -> dict[str, list]:
        """What a recipe depends on beside its settings and code.

        detectron2 is not among the locked packages, and comes with a torch of its own; and its
        config may be a file of the user's.
        """
        training = self.experiment.training
        if not isinstance(training, Detectron2Training):
            return {}
        return {
            "environment": yaml.safe_load(DETECTRON2_ENVIRONMENT.read_text())["dependencies"],
            "files": [sha256_of_file(file) for file in files_of_config(training.config)],
        }

    def _engine(self) -> str:
        return f"workflow_scripts.training.engines.{self.experiment.training.engine}"
