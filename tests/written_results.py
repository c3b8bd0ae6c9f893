"""A finished experiment's folder, written in no time by the real stages from made-up numbers."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from identity_attacks.cutouts import Cutout
from identity_attacks.intervals import rate_over_people
from identity_attacks.rates import Success
from identity_attacks.retrieval import retrieve
from plain_commands.files import sha256_of, write_json, write_text

from tests.commands import privacy, report, statistics, tables
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.attacks import AttackedRegions, AttackRun, Attacks
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.dataset.table_1 import write_table_1
from workflow_scripts.pii import figure as pii_figure
from workflow_scripts.pii.summary import summarize
from workflow_scripts.privacy import figure as privacy_figure
from workflow_scripts.privacy.attacks.plate_reading import PlateReading
from workflow_scripts.privacy.attacks.recognition import Recognition
from workflow_scripts.privacy.samples import ORIGINAL, FigureContent, FigureRow, Tile

CLASSES = {
    **{"person": (0.309, 0.002, 3395), "rider": (0.241, 0.006, 544)},
    **{"car": (0.481, 0.003, 4658), "truck": (0.305, 0.012, 93)},
    **{"bus": (0.502, 0.014, 98), "train": (0.334, 0.02, 23)},
    **{"motorcycle": (0.18, 0.009, 149), "bicycle": (0.167, 0.004, 1175)},
}
"""AP and deviation about as the whitepaper's, and instances in Cityscapes' validation images."""


@dataclass(frozen=True)
class Treatment:
    """A variant of the made-up experiment."""

    settings: dict
    effect: float = 0.0
    """On each class's AP, a fraction of it."""
    likeness: float = 0.1
    """How much of a face or a plate an attacker still sees, 0 to 1."""


UNMODIFIED = Treatment({"method": "unmodified"}, likeness=1.0)
FIVE = {
    "unmodified": UNMODIFIED,
    "natural": Treatment({"method": "natural"}, 0.0, 0.24),
    "blackbox": Treatment({"method": "blackbox"}, -0.045, 0.02),
    "aa_control": Treatment({"method": "unmodified", "seed_offset": 1000}, likeness=1.0),
    "masked": Treatment({"method": "mask_objects"}, -0.62, 0.0),
}


def many(number: int) -> dict[str, Treatment]:
    """The reference and blurs of growing strength."""
    blurs = {
        f"blur_{at:02d}": Treatment(
            {"method": "blur", "strength": at / 10}, -0.01 * at, 0.8 - 0.07 * at
        )
        for at in range(1, number)
    }
    return {"unmodified": UNMODIFIED, **blurs}


def write_results(
    folder: Path,
    treatments: dict[str, Treatment] | None = None,
    seeds: int = 5,
    classes: dict[str, tuple[float, float, int]] | None = None,
    *,
    failed: tuple[tuple[str, int], ...] = (),
    error: str = "cuda:0 has 7 GiB, 9 are needed",
    images: str = "images",
    show_originals: bool = False,
    iterations: int = 24000,
    more_seeds: dict[str, list[int]] | None = None,
) -> Path:
    """Write `results/<experiment>` to `folder` and return its path.

    Args:
        folder: holds it.
        treatments: the variants.
        seeds: runs of each.
        classes: AP, deviation and instances, by name.
        failed: runs whose training ended with an error; the tables are then partial.
        error: the error.
        images: the folder of the images, in the config.
        show_originals: whether Figure 2 has them: a bright square each, never one in a variant.
        iterations: of a training; 200 of them are noted.
        more_seeds: further runs of single variants, by seed.
    """
    treatments, classes = treatments or FIVE, classes or CLASSES
    experiment = read_experiment(
        _config(treatments, seeds, classes, images, show_originals)
        | {"more_seeds": more_seeds or {}},
        "made up",
    )
    jobs, results = Jobs(experiment), folder / "results" / experiment.experiment
    rng = np.random.default_rng(7)
    write_text(results / "runs/expected.json", jobs.expected_results().model_dump_json())
    for variant, treatment in treatments.items():
        for seed in experiment.runs.seeds_of(variant):
            if (variant, seed) in failed:
                log = results / f"logs/train/{variant}/seed~{seed}.log"
                write_text(log, f"2026-01-05 10:00:00 error: {error}\n")
            else:
                _write_run(
                    results,
                    jobs,
                    (variant, seed),
                    treatment,
                    classes,
                    iterations=iterations,
                    rng=rng,
                )
    _write_images(results, jobs, treatments, show_originals, rng)
    runs = ["--runs-in", results / "runs", "--expected", jobs.expected_runs()]
    _call(tables, "make", *runs, "--output", results / "tables", *(["--partial"] if failed else []))
    controls = ["--aa-controls", *jobs.aa_controls()]
    controls += ["--positive-controls", *jobs.positive_controls()]
    _call(statistics, "verdict", *runs, *controls, "--output", results / "tables")
    _call(statistics, "exposed", *runs, "--output", results / "tables")
    _call(
        *(privacy, "table", "--audits", *sorted(results.glob("privacy/*.json"))),
        *("--attacks", *(folder / jobs.layout.attacks(name) for name in jobs.attacked())),
        *("--experiment", jobs.experiment.experiment, "--variants", jobs.settings_of_variants()),
        *("--output", results / "tables", "--page", results / "privacy.md"),
    )
    _call(report, "provenance", results, "--config", jobs.config())
    return results


def _call(command, *arguments) -> None:
    assert command([str(argument) for argument in arguments]) == 0


def _config(treatments, seeds, classes, images, show_originals) -> dict:
    split = {"annotations": "annotations.json", "images": images}
    return {
        "experiment": "made_up",
        "dataset": {"kind": "coco", "classes": list(classes), "train": split, "val": split},
        "variants": {name: treatment.settings for name, treatment in treatments.items()},
        "seeds": seeds,
        "pii": {"only_on_labelled": "person" in classes},
        "privacy": {"attacks": [{"attack": "recognition"}, {"attack": "plate_reading"}]},
        "training": {"engine": "torchvision"},
        "report": {"show_originals": show_originals},
    }


def _calibration(variant, seed, classes) -> dict:
    """Scores that are a little too high."""
    rng = np.random.default_rng([seed, *variant.encode()])
    errors = dict(zip(classes, rng.normal(0.1, 0.004, len(classes)).tolist(), strict=True))
    scores = (np.arange(15) + 0.5) / 15
    right = np.clip(scores - 0.1 + rng.normal(0, 0.01, 15), 0, 1)
    points = zip(scores.tolist(), right.tolist(), strict=True)
    return {
        "iou": 0.5,
        "bins": 15,
        "mean_error": float(np.mean([*errors.values()])),
        "per_class": {n: {"error": error, "predictions": 900} for n, error in errors.items()},
        "reliability": [{"score": s, "precision": p, "predictions": 99} for s, p in points],
    }


def _write_run(results, jobs, run, treatment, classes, *, iterations, rng) -> None:
    variant, seed = run
    folder = results / f"runs/{variant}/seed~{seed}"
    fingerprint = sha256_of(f"{variant} {seed}")
    aps = {
        name: float(np.clip(ap * (1 + treatment.effect) + rng.normal(0, std), 0.001, 0.999))
        for name, (ap, std, _) in classes.items()
    }
    write_json(
        folder / "eval.json",
        {
            "schema": 1,
            "run": {
                "variant": variant,
                "seed": seed,
                "engine": "torchvision",
                "fingerprint": fingerprint,
            },
            "tested_on": "unmodified",
            "images": 500,
            "coco": {"segm": _scores(aps, classes), "bbox": _scores(aps, classes)},
            "exposed": _exposed(aps, classes),
            "calibration": _calibration(variant, seed, classes),
        },
    )
    noted = np.linspace(iterations / 200, iterations, 200).round().astype(int)
    losses = 0.55 + 2.2 * np.exp(-noted / iterations * 9) + rng.normal(0, 0.03, 200)
    lines = (
        {"iteration": int(i), "iterations": iterations, "loss": float(loss), "seconds": i * 0.31}
        for i, loss in zip(noted, losses, strict=True)
    )
    write_text(folder / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    write_text(folder / "model_final.pth", fingerprint)
    write_json(
        folder / "run.json",
        {
            "schema": 1,
            "variant": variant,
            "seed": seed,
            "fingerprint": fingerprint,
            "engine": "torchvision",
            "settings": json.loads(jobs.training_settings()),
            "start": f"2026-01-0{seed % 9 + 1}T08:00:00+00:00",
            "end": f"2026-01-0{seed % 9 + 1}T10:04:00+00:00",
            "seconds": round(iterations * 0.31 + float(rng.normal(0, 60)), 3),
            "iterations": iterations,
            "world_size": 4,
            "devices": ["NVIDIA A100-SXM4-40GB"] * 4,
            "peak_memory_mib": [{"rss": 5012, "gpu": 9120 + seed}] * 4,
            "versions": {"python": "3.11.9", "torch": "2.9.0", "torchvision": "0.24.0"},
            "git_commit": "0123456789abcdef0123456789abcdef01234567",
        },
    )


def _scores(aps, classes) -> dict:
    mean = float(np.mean(list(aps.values())))
    keys = ("AP", "AP50", "AP75", "APs", "APm", "APl")
    return {
        "mAP": mean,
        "AP50": mean,
        "AP75": mean,
        "per_class": {
            name: {**dict.fromkeys(keys, ap), "instances": classes[name][2]}
            for name, ap in aps.items()
        },
    }


def _exposed(aps, classes) -> dict:
    """Objects that an anonymization would change are found a little worse."""

    def groups(ap, instances):
        return {
            group: {"AP": ap * factor, "AP50": ap, "instances": int(instances * share)}
            for group, factor, share in (
                *(("none", 1.0, 0.8), ("little", 0.98, 0.1)),
                *(("much", 0.95, 0.1), ("face", 0.96, 0.05), ("plate", 0.97, 0.1)),
            )
        }

    per_class = {name: groups(ap, classes[name][2]) for name, ap in aps.items()}
    mean = groups(float(np.mean(list(aps.values()))), sum(of[2] for of in classes.values()))
    return {"much_from": 0.03, "mean": mean, "per_class": per_class}


def _write_images(results, jobs, treatments, show_originals, rng) -> None:
    """What is known of the images: Table I, Figures 2 and 3, audits; no image."""
    write_table_1({"train": 2975, "val": 500}, results / "data")
    digests = {split: sha256_of(split) for split in ("train", "val")}
    shards = {"images_per_shard": 3000, "digests": digests, "shards": {"000-5f1ad2c0": []}}
    write_json(results / "data/shards.json", {"schema": 1, **shards})
    images = [f"{number}.png" for number in range(2975)]
    regions = [
        Region(images[number], kind, 0.9, 10, 10, 40, 40)
        for number in range(len(images))
        for kind, mean in ((Kind.FACE, 0.9), (Kind.LICENSE_PLATE, 1.3))
        for _ in range(rng.poisson(mean))
    ]
    summary = summarize(images, regions)
    summary.write(results / "pii/summary.json")
    pii_figure.draw(summary, results / "figures")
    changing = [name for name in treatments if not jobs.is_unmodified(name)]
    privacy_figure.draw(_samples(changing, show_originals, rng), results / "figures")
    for variant in treatments:
        audit = audit_of(variant, jobs.is_unmodified(variant))
        write_json(results / f"privacy/{variant}.json", audit)
    for variant in jobs.attacked():
        path = results / f"privacy/attacks/{variant}/success.json"
        _attacks(variant, treatments[variant].likeness, rng).write(path)


def original_pixels() -> np.ndarray:
    """What stands for an original face: no variant has this colour."""
    return np.full((24, 24, 3), (255, 0, 214), np.uint8)


def _samples(variants, show_originals, rng) -> FigureContent:
    rows = []
    for kind in Kind:
        for near in (20, 40):
            size = (24, 24) if kind is Kind.FACE else (12, 24)
            tiles = [
                Tile(name, rng.integers(40, 200, (*size, 3)).astype(np.uint8)) for name in variants
            ]
            if show_originals:
                tiles.insert(0, Tile("24 px", original_pixels()[: size[0]]))
            rows.append(FigureRow(kind, near, float(near), tuple(tiles)))
    columns = (*((ORIGINAL,) if show_originals else ()), *variants)
    return FigureContent(columns, tuple(rows))


PEOPLE = 200


def _attacks(variant: str, likeness: float, rng) -> Attacks:
    """Faces that are more similar to themselves the more an attacker sees of them."""
    faces = [Cutout(f"{at:04d}", f"{at:04d}", "0.png", np.zeros(0), None) for at in range(PEOPLE)]
    scores = rng.normal(0, 1, (PEOPLE, PEOPLE)) + 6 * max(likeness - 0.3, 0) * np.eye(PEOPLE)
    read = rng.random(PEOPLE) < max(likeness - 0.3, 0) / 0.7
    whole = rate_over_people(read, np.arange(PEOPLE), chance=0.0)
    tried = AttackedRegions(regions=2600, attacked=PEOPLE, small=2600 - PEOPLE, not_drawn=0)
    return Attacks(
        version=1,
        variant=variant,
        regions=dict.fromkeys(Kind, tried),
        runs=(
            AttackRun(
                title="recognition (dlib)",
                kind=Kind.FACE,
                question=Recognition.question,
                measures=Recognition.measures,
                success=retrieve(scores, faces, faces),
            ),
            AttackRun(
                title="plate reading",
                kind=Kind.LICENSE_PLATE,
                question=PlateReading.question,
                measures=PlateReading.measures,
                success=Success({"read_whole": whole}),
            ),
        ),
    )


def audit_of(variant: str, originals: bool) -> dict:
    """Content of a made-up audit."""

    def block(kind):
        return {
            "regions": 2600,
            "routes": {"none" if originals else "replaced": 2600},
            "unchanged": {"n": 2600 if originals else 0, "images": []},
            "found_again": {"n": 2600, "found": 2300, "share": 0.885},
            "found_in_originals": {"n": 2600, "found": 2400, "share": 0.923},
            "ssim": 0.5,
            "psnr": 18.0,
        }

    return {
        "schema": 1,
        "variant": variant,
        "originals": originals,
        "images": {"n": 2975, "with_regions": 2100, "originals": 875},
        "outside": {"n": 0, "images": [], "pixels": 0, "share": 0.0},
        "whole_images": {"ssim": 0.9991, "psnr": None if originals else 44.2},
        "metadata": {"n": 0, "images": [], "of_them_originals": 0, "kinds": {}},
        "kinds": {kind.value: {"all": block(kind)} for kind in Kind},
    }
