"""Config files that are wrong: each is one line, from `config` and from Snakemake's dry run."""

import itertools
import re
from pathlib import Path

import pytest
import yaml
from plain_commands.errors import UserError

from tests.workflow import PROJECT, Workflow
from workflow_scripts.config.early import refuse_missing_files
from workflow_scripts.config.experiment import Experiment, read_config, read_experiment
from workflow_scripts.contracts.layout import Layout

DEMO = (PROJECT / "profiles/demo/experiment.yaml").read_text()


def line_of(text: str) -> int:
    """Number of the first line of the demonstration's config that starts with a text."""
    return next(n for n, line in enumerate(DEMO.splitlines(), 1) if line.startswith(text))


def with_line(start: str, line: str) -> str:
    """The demonstration's config with another line in place of the one that starts so."""
    lines = DEMO.splitlines()
    lines[line_of(start) - 1] = line
    return "\n".join(lines) + "\n"


SEEDS = line_of("seeds:")
VARIANTS = line_of("variants:") + 1
FILES = {"images": "night", "annotations": "night.json"}
LAUGHS = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in itertools.pairwise("abcdef")
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (DEMO.encode("utf-16"), "line 1: not UTF-8; save it as UTF-8"),
        (b"a: 1\n# \xfc\n", "line 2: not UTF-8; save it as UTF-8"),
        ("a: &a\n  b: *a\n", "line 1: a.b: contains itself through an alias"),
        ("a: &a [*a]\n", "line 1: a.0: contains itself through an alias"),
        (f"a: &a [{'1, ' * 10}]\n{LAUGHS}", "more than 100000 values; its aliases multiply"),
        ("[" * 5000, "not valid YAML (nested too deeply)"),
        ("a: \0", "not valid YAML (unacceptable character #x0000: special characters are not"),
        ("a: [1", "not valid YAML (while parsing a flow sequence"),
        ("a: 1\n---\nb: 2\n", "not valid YAML (expected a single document in the stream"),
        ("a: !!python/object:os.system {}", "not valid YAML (could not determine a constructor"),
        ("a: 2024-99-99", "not valid YAML (month must be in 1..12)"),
        ("", "expected keys with values (found None)"),
        ("- 1\n", "expected keys with values (found a list)"),
        ("experiment", "expected keys with values (found 'experiment')"),
        ("? [a, b]\n: 1\n", "line 1: […]: a key in brackets; put it in q"),
        ("a: {{b: 1}: 2}\n", "line 1: a.{…}: a key in brackets; put it in"),
        (with_line("seeds:", "seeds: {a: 1}"), "seeds: Input should be a valid integer (found {'a"),
        (f"{DEMO}seeds: 4\n", f"seeds: duplicate of line {SEEDS}; keep one of them"),
        (with_line("seeds:", "seeds: 010"), "seeds: YAML reads 010 as 8; write 8, or put it in qu"),
        (with_line("seeds:", "seeds: [1, 1:30]"), "seeds.1: YAML reads 1:30 as 90; write 90, or"),
        (with_line("seeds:", "seeds: 1:30.5"), "seeds: YAML reads 1:30.5 as 90.5; write 90.5, or"),
        (with_line("seeds:", "seeds: yes"), "seeds: Input should be a number (found true; YAML re"),
        (with_line("seeds:", "seeds: [1, on]"), "seeds.1: Input should be a number (found true;"),
        (with_line("seeds:", "seeds: 1000000000"), "seeds: Input should be less than or equal to"),
        (with_line("seeds:", "seeds: 2.5"), "seeds: Input should be a valid integer, got a number"),
        (with_line("seeds:", "seeds: .inf"), "seeds: Input should be a finite number (found inf)"),
        (with_line("seeds:", "seeds: 1e3"), "seeds: Input should be a valid integer, unable to pa"),
        (with_line("seeds:", "seeds: [-1]"), "seeds.0: Input should be greater than 0 (found -1)"),
        (
            with_line("variants:", "variants:\n  no: {method: blur}"),
            f"line {VARIANTS}: variants.no: YAML does not read this name as text; put it in quot",
        ),
        (
            with_line("variants:", "variants:\n  on: {method: blur}"),
            f"line {VARIANTS}: variants.on: YAML does not read this name as text; put it in quot",
        ),
        (
            with_line("variants:", "variants:\n  1: {method: blur}"),
            f"line {VARIANTS}: variants.1: YAML does not read this name as text; put it in quote",
        ),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: str | bytes, line: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        read_experiment(read_config(path), str(path))
    (said,) = str(error.value).splitlines()
    assert said.startswith(f"{path}: ")
    assert line in said


def test_a_byte_order_mark_and_a_bare_on_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeff" + with_line("evaluation:", "evaluation:\n  on: [unmodified]"))
    content = read_config(path)
    assert content["evaluation"][True] == ["unmodified"]


def changed(**sections: object) -> Experiment:
    """The paper's experiment with keys of some sections set otherwise."""
    content = yaml.safe_load((PROJECT / "config.yaml").read_text())
    for name, keys in sections.items():
        whole = not isinstance(keys, dict) or "kind" in keys
        content[name] = keys if whole else {**content.get(name, {}), **keys}
    return read_experiment(content, "config.yaml")


COCO = {"kind": "coco", "train": {"images": "i", "annotations": "a"}, "classes": ["car", "person"]}
COCO["val"] = COCO["train"]
CLASSES_WITH_PII = {"person_classes": ["person"], "vehicle_classes": ["car"]}
FILE = {"source": "here", "sha256": "0" * 64, "licence": "MIT"}
ARCFACE = {"attack": "recognition", "recognizer": "arcface"}
COMMAND = {"method": "command", "command": "cp -r {input} {output}"}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ({}, "dataset.root: no such folder: data/cityscapes; correct the path, or put the"),
        ({"dataset": {"root": "here"}}, "dataset.root: no such folder: here; correct the path"),
        (
            {"pii": {"license_plates": {"detector": "annotations", "file": "plates.csv"}}},
            "pii.license_plates.file: no such file: plates.csv; correct the path, or put the",
        ),
        (
            {"pii": {"faces": {"detector": "annotations", "file": "."}}},
            "pii.faces.file: no such file: .; correct the path, or put the file there",
        ),
        (
            {"privacy": {"second_detection": {"faces": {"detector": "annotations", "file": "f"}}}},
            "privacy.second_detection.faces.file: no such file: f; correct the path, or put",
        ),
        (
            {"variants": {"v": {"method": "precomputed", "folder": "vendor"}}},
            "variants.v.folder: no such folder: vendor; correct the path, or put the folder",
        ),
        (
            {"variants": {"v": {"method": "command", "command": "/opt/no/tool {input} {output}"}}},
            "variants.v.command: no program '/opt/no/tool' here; install it or give its path",
        ),
        (
            {"variants": {"v": {"method": "command", "command": "sh toool.sh {input} {output}"}}},
            "variants.v.command: there is no file toool.sh; correct the command, or name the",
        ),
        (
            {"variants": {"v": {**COMMAND, "directory": "there"}}},
            "variants.v.directory: there is no folder there",
        ),
        (
            {"training": {"initialisation": "w.pth", "initialisation_sha256": "0" * 64}},
            "training.initialisation: no such file: w.pth; correct the path, or put the file",
        ),
        (
            {"privacy": {"attacks": [{**ARCFACE, "weights": {**FILE, "source": "none.onnx"}}]}},
            "privacy.attacks.0.weights.source: no such file: none.onnx; correct the path, or",
        ),
        (
            {"privacy": {"attacks": [{**ARCFACE, "weights": FILE}]}},
            f"privacy.attacks.0.weights.sha256: the file here has {EMPTY}; correct",
        ),
    ],
)
def test_a_missing_file_is_known_before_any_job(tmp_path, monkeypatch, sections, line) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here").touch()
    if sections and "dataset" not in sections:
        sections = {"dataset": {"root": "."}, **sections}
    with pytest.raises(UserError) as error:
        refuse_missing_files(changed(**sections), Layout(tmp_path))
    (said,) = str(error.value).splitlines()
    assert said.startswith(line)


def test_what_was_made_needs_its_source_no_more(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    attack = {**ARCFACE, "weights": {**FILE, "source": "gone.onnx"}}
    variants = {"v": {"method": "precomputed", "folder": "gone"}}
    experiment = changed(privacy={"attacks": [attack]}, variants=variants)
    layout = Layout(tmp_path)
    for made in layout.shards, layout.manifest("v", "train"), layout.weights / FILE["sha256"]:
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    refuse_missing_files(experiment, layout)


def test_a_dry_run_says_what_is_missing(tmp_path) -> None:
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    said = Workflow(tmp_path / "work", config).dry_run()
    assert said.returncode == 1
    assert "\ndataset.root: no such folder: data/cityscapes;" in said.stdout
    assert not re.search("Exception|Traceback|Wildcards", said.stdout)


def test_what_is_made_anew_needs_its_source(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = {"images": "gone", "annotations": "gone.json"}
    experiment = changed(evaluation={"also": {"rain": test}})
    layout = Layout(tmp_path)
    made = [layout.shards, layout.further_annotations("rain")]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    refuse_missing_files(experiment, layout)
    with pytest.raises(UserError) as error:
        refuse_missing_files(experiment, layout, set(map(str, made)))
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "dataset.root",
        "evaluation.also.rain.images",
        "evaluation.also.rain.annotations",
    ]


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        (
            {"pii": {"person_classes": ["persom"]}},
            "pii.person_classes: persom is not one of the classes",
        ),
        (
            {"dataset": {**COCO, "classes": ["person", "cars"]}, "pii": CLASSES_WITH_PII},
            "pii.vehicle_classes: car is not one of the classes person, cars; if cars is meant by "
            "car, correct this key or dataset.classes",
        ),
        (
            {"pii": {"vehicle_classes": ["car", "van"]}},
            "pii.vehicle_classes: van is not one of the classes",
        ),
        ({"pii": {"person_classes": []}}, "pii.person_classes: an empty list is not one of the"),
        (
            {"pii": {"faces": None, "license_plates": None}},
            "would change nothing, since pii.faces and pii.license_plates are both null; name a",
        ),
        (
            {"privacy": {"second_detection": {"faces": {"detector": "centerface"}}}},
            "privacy.second_detection.faces: identical to pii.faces, so it would miss the same ",
        ),
        (
            {
                "pii": {"license_plates": None},
                "privacy": {"second_detection": {"license_plates": {"detector": "plates"}}},
            },
            "privacy.second_detection.license_plates: no license plates are looked for (pii.lic",
        ),
        (
            {"privacy": {"second_detection": {"license_plates": {"detector": "yunet"}}}},
            "privacy.second_detection: license_plates.detector: yunet does not find them; use one "
            "of ",
        ),
        (
            {"privacy": {"second_detection": {"faces": {"detector": "yunnet"}}}},
            "privacy.second_detection.faces: 'detector' is 'yunnet', but there are 'annot",
        ),
        (
            {"privacy": {"membership": {"images": 1}}},
            "privacy.membership.images: Input should be greater than or equal to 2 (found 1)",
        ),
        (
            {"privacy": {"membership": True}},
            "privacy.membership: ",
        ),
        (
            {"privacy": {"second_detection": {"images": 0}}},
            "privacy.second_detection.images: Input should be greater than or equal to 1 (found 0)",
        ),
        (
            {"evaluation": {"every": 0}},
            "evaluation.every: Input should be greater than 0 (found 0)",
        ),
        ({"dataset": {**COCO, "classes": ["all"]}}, "dataset.classes.0: 'all' is reserved for the"),
        (
            {"dataset": {**COCO, "classes": [""]}},
            "dataset.classes.0: expected a name of visible charac",
        ),
        ({"dataset": {**COCO, "classes": [True]}}, "dataset.classes.0: Input should be a valid st"),
        ({"dataset": {**COCO, "classes": []}}, "dataset.classes: Tuple should have at least 1 it"),
        ({"variants": {"a" * 64: {"method": "blur"}}}, "Snakemake mistakes a name that ends in 20"),
        (
            {"training": {"initialisation": "w.pth", "initialisation_sha256": "A" * 64}},
            "training.initialisation_sha256: expected 64 hexadecimal digits in lower case (found",
        ),
        (
            {"variants": {"v": {"method": "natural", "donors": FILE | {"sha256": "…"}}}},
            "variants.v.donors.sha256: expected 64 hexadecimal digits in lower case (found '…')",
        ),
        ({"variants": {"ünï": {"method": "blur"}}}, "variants.ünï: String should match pattern"),
        ({"variants": {"a\n": {"method": "blur"}}}, r"variants.'a\n': String should match pattern"),
        ({"variants": {"": {"method": "blur"}}}, "String should match pattern"),
        ({"variants": {"x" * 65: {"method": "blur"}}}, "String should have at most 64 characters"),
        ({"seeds": [2**64]}, "seeds.0: Input should be less than 1000000000000000000 (found 18"),
        ({"more_seeds": {"anonymized": [2**64]}}, "more_seeds.anonymized.0: Input should be less"),
        ({"task": "box"}, "task: Input should be 'masks' or 'boxes' (found 'box')"),
        (
            {"training": {"task": "boxes"}},
            "training.task: 'boxes', but `task` at the top of the config is 'masks'; remove",
        ),
        (
            {"evaluation": {"also": {"anonymized": FILES}}},
            "evaluation.also.anonymized: a variant already has this name; choose another",
        ),
        ({"evaluation": {"also": {"9": FILES}}}, "evaluation.also.9"),
        ({"evaluation": {"also": {"night": {"images": "a"}}}}, "night.annotations: missing; this"),
        (
            {"evaluation": {"also": {"night": FILES | {"class_mapping": {"van": "bicycel"}}}}},
            "evaluation.also.night.class_mapping.van: 'bicycel' is not one of the classes person",
        ),
        (
            {"evaluation": {"also": {"night": FILES | {"ignored_classes": ["car"]}}}},
            "evaluation.also.night.ignored_classes: 'car' is one of the classes",
        ),
        ({"evaluation": {"longest_side": 1}}, "evaluation.longest_side: Input should be greater"),
        ({"evaluation": {"shorter_side": 10**9}}, "evaluation.shorter_side: Input should be less"),
        ({"evaluation": {"score_threshold": float("nan")}}, "Input should be a finite number"),
        ({"evaluation": {"detections_per_image": 10**9}}, "Input should be less than or equal to"),
        ({"statistics": {"margins": [0.01, 10**400]}}, "statistics.margins.1: Input should be"),
        ({"statistics": {"image_samples": True}}, "Input should be a number (found true; YAML re"),
        *(
            (
                {"statistics": {"image_groups": slow}},
                "image_groups: this expression may take forever",
            )
            for slow in (
                "(a+)+$",
                "(a|a)*b",
                "(?:(x*)y?)*",
                "((a+)b)+",
                "(.*.*.*.*.*.*)x",
                r"(\w?)+x",
            )
        ),
        (
            {"statistics": {"image_groups": "a{99999999999}"}},
            "image_groups: not a regular expression: the repetition number is too large",
        ),
        (
            {"statistics": {"image_groups": "(" * 5000 + ")" * 5000}},
            "image_groups: not a regular expression: maximum recursion depth exceeded",
        ),
        ({"statistics": {"image_groups": "("}}, "image_groups: not a regular expression: missing"),
        ({"dataset": {"images_per_shard": 10**30}}, "Input should be less than or equal to 1000"),
        ({"report": {"show_originals": "perhaps"}}, "Input should be a valid boolean, unable to"),
    ],
)
def test_a_bad_value_is_one_line(sections, line) -> None:
    with pytest.raises(UserError) as error:
        changed(**sections)
    (said,) = str(error.value).splitlines()
    assert said.startswith("config.yaml: ")
    assert line in said


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"shorter_sides": []}, "augmentation.shorter_sides: Tuple should have at least 1 item"),
        ({"shorter_sides": [1]}, "augmentation.shorter_sides.0: Input should be greater than or"),
        ({"longest_side": 1}, "augmentation.longest_side: Input should be greater than or equal"),
        ({"learning_rate": 1e300}, "learning_rate: Input should be less than or equal to 100"),
        ({"learning_rate": float("inf")}, "learning_rate: Input should be a finite number"),
        ({"iterations": 10**30}, "iterations: Input should be less than or equal to 1000000000"),
        ({"images_per_step": 10**9}, "images_per_step: Input should be less than or equal to 10"),
    ],
)
def test_a_bad_recipe_is_one_line(keys, line) -> None:
    content = yaml.safe_load((PROJECT / "config.yaml").read_text())
    content["training"] = {"engine": "torchvision", "milestones": []}
    for name, value in keys.items():
        section = content["training"]
        if "side" in name:
            section = section.setdefault("augmentation", {})
        section[name] = value
    with pytest.raises(UserError) as error:
        read_experiment(content, "config.yaml")
    assert str(error.value).startswith(f"config.yaml: training.{line}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", [r"^[^/]+", r"(seq|cam)\d+", r"\w+/\w+_(\d+)", r"[(*+]+(x)", r"(?:a{2}b)?c", r"\(a*\)+"]
)
def test_expressions_that_end_soon_are_taken(text) -> None:
    assert changed(statistics={"image_groups": text}).statistics.image_groups == text


def test_the_reference_alone_is_no_experiment() -> None:
    content = yaml.safe_load((PROJECT / "config.yaml").read_text())
    del content["variants"]["anonymized"]
    with pytest.raises(
        UserError, match=r"^config.yaml: variants: only the reference; add a variant"
    ):
        read_experiment(content, "config.yaml")
