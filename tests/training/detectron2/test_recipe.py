"""From the settings to detectron2's config: what changes in it, and what is refused."""

import pytest
import yaml

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from detectron2.config import CfgNode, get_cfg
from detectron2.solver import build_lr_scheduler, build_optimizer
from plain_commands.errors import UserError
from torch import nn

from tests.training.detectron2.conftest import small_settings
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.engines.detectron2.installation import config_path, option_keys
from workflow_scripts.training.engines.detectron2.model_config import model_config_of

pytestmark = pytest.mark.detectron2

WHITEPAPER = Detectron2Training(engine="detectron2")
NOT_DETECTRON2S = {
    "DATASETS.TRAIN": ("train",),
    "DATASETS.TEST": ("val",),
    "INPUT.MASK_FORMAT": "bitmask",
    "MODEL.WEIGHTS": "detectron2://ImageNetPretrained/MSRA/R-50.pkl",
}
SCALED = {
    "SOLVER.IMS_PER_BATCH": 4,
    "SOLVER.BASE_LR": 0.005,
    "SOLVER.REFERENCE_WORLD_SIZE": 4,
}
LONGER = {
    "SOLVER.MAX_ITER": 48000,
    "SOLVER.STEPS": (36000,),
    "SOLVER.WARMUP_ITERS": 2000,
    "SOLVER.CHECKPOINT_PERIOD": 10000,
    "TEST.EVAL_PERIOD": 16000,
}


def flat(cfg: CfgNode, before: str = "") -> dict[str, object]:
    """The options by dotted key."""
    options = {}
    for key, value in cfg.items():
        name = f"{before}{key}"
        options.update(flat(value, f"{name}.") if isinstance(value, CfgNode) else {name: value})
    return options


def stock(name: str) -> CfgNode:
    """detectron2's own config."""
    cfg = get_cfg()
    cfg.merge_from_file(str(config_path(name)))
    return cfg


@pytest.mark.parametrize(
    ("schedule", "changes"),
    [("scaled", {**SCALED, **LONGER}), ("fixed", SCALED), ("file", {})],
)
def test_only_the_listed_options_differ_from_detectron2s_file(schedule, changes):
    settings = WHITEPAPER.model_copy(update={"schedule": schedule})
    theirs = flat(stock(settings.config))
    ours = flat(model_config_of(settings, classes=8).cfg)
    assert set(ours) == set(theirs)
    different = {key: value for key, value in ours.items() if value != theirs[key]}
    print(f"\n{settings.config}, schedule {schedule}:")
    for key, value in different.items():
        print(f"  {key}: {theirs[key]} -> {value}")
    assert different == {**NOT_DETECTRON2S, **changes}


def test_the_numbers_of_both_schedules():
    recipes = [
        WHITEPAPER.model_copy(update={"schedule": name}).recipe() for name in ("scaled", "fixed")
    ]
    assert [(r.iterations, r.images_per_step) for r in recipes] == [(48000, 4), (24000, 4)]
    assert not recipes[0].deterministic


def test_the_schedule_is_detectron2s():
    config = model_config_of(small_settings(options={"SOLVER.MAX_ITER": 40}), classes=8)
    ours, theirs = nn.Linear(2, 2), nn.Linear(2, 2)
    factor = config.factor(config.optimizer(ours))
    optimizer = build_optimizer(config.cfg, theirs)
    scheduler = build_lr_scheduler(config.cfg, optimizer)
    for iteration in range(40):
        rate = config.cfg.SOLVER.BASE_LR * factor(iteration)
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12), iteration
        optimizer.step()
        scheduler.step()


def test_options_have_the_last_word():
    options = {"SOLVER.BASE_LR": 1, "INPUT.MIN_SIZE_TRAIN": [500], "MODEL.RESNETS.NORM": "BN"}
    cfg = model_config_of(WHITEPAPER.model_copy(update={"options": options}), classes=8).cfg
    assert cfg.SOLVER.BASE_LR == 1.0
    assert cfg.INPUT.MIN_SIZE_TRAIN == (500,)
    assert cfg.MODEL.RESNETS.NORM == "BN"


def test_other_classes_are_no_problem():
    assert model_config_of(WHITEPAPER, classes=3).cfg.MODEL.ROI_HEADS.NUM_CLASSES == 3


def test_the_stored_config_makes_the_same_model():
    config = model_config_of(small_settings(), classes=3)
    again = model_config_of(small_settings(), 3, config.text())
    assert yaml.safe_load(again.cfg.dump()) == yaml.safe_load(config.cfg.dump())
    names = [name for name, _ in again.model().named_parameters()]
    assert names == [name for name, _ in config.model().named_parameters()]


def test_a_users_yaml_extends_a_file_of_the_zoo(tmp_path):
    base = config_path(WHITEPAPER.config)
    path = tmp_path / "mine.yaml"
    path.write_text(f"_BASE_: {base}\nSOLVER:\n  BASE_LR: 0.02\n")
    settings = WHITEPAPER.model_copy(update={"config": str(path)})
    assert model_config_of(settings, classes=8).cfg.SOLVER.BASE_LR == 0.01


def test_all_options_are_known_without_importing_detectron2():
    assert option_keys() == set(flat(get_cfg()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": "Cityscapes/mask_rcnn_R_50.yaml"}, "neither a file nor in detectron2's"),
        ({"options": {"SOLVER.BASE_LRR": 1}}, "no option SOLVER.BASE_LRR; did you mean SOLVER.BAS"),
        ({"options": {"SOLVER": 1}}, "detectron2 has no option SOLVER"),
        ({"options": {"SOLVER.BASE_LR": "fast"}}, r"options.SOLVER.BASE_LR: Type mismatch"),
        ({"options": {"MODEL.MASK_ON": False}}, "take an instance segmentation config"),
        ({"options": {"INPUT.FORMAT": "YUV-BT.601"}}, "only BGR and RGB are supported"),
        ({"config": "COCO-Detection/retinanet_R_50_FPN_1x.yaml"}, "MODEL.MASK_ON: false"),
        (
            {"config": "COCO-Keypoints/keypoint_rcnn_R_50_FPN_1x.yaml"},
            "keypoints are not trained here",
        ),
        ({"options": {"MODEL.RESNETS.DEPTH": 18}}, "has no imagenet weights"),
    ],
)
def test_what_does_not_fit_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        WHITEPAPER.model_copy(update=changes).recipe()


def test_a_broken_yaml_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("SOLVER:\n  SPEED: 1\n")
    with pytest.raises(UserError, match=r"mine.yaml: Non-existent config key: SOLVER.SPEED"):
        WHITEPAPER.model_copy(update={"config": str(path)}).recipe()
