"""A newcomer's walk: an engine is one file in `engines/`, and one line of config."""

from dataclasses import replace
from typing import Annotated, Union

import pytest
from plain_commands.section import validate
from pydantic import Field

from tests.training.running import metrics_of, run_here
from workflow_scripts.common.plugins import plugins_in
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training import checkpoint, engines
from workflow_scripts.training.engine import EngineSettings
from workflow_scripts.training.predictor import load_predictor

ONE_FILE = '''
"""Engine `brightness`: learns how bright images are, and finds one object in each."""

from typing import Literal

from workflow_scripts.training.engine import EngineSettings, Recipe


class BrightnessTraining(EngineSettings):
    """A model with a single weight."""

    engine: Literal["brightness"]
    """The framework that trains."""

    def recipe(self):
        return Recipe(iterations=3, images_per_step=2)

    def initial_weights(self):
        return None

    def make_engine(self, classes, config=None):
        return Brightness()


class Brightness:
    counts_are_images = True
    against_divergence = "take another engine"
    config = None

    def initial_model(self, weights):
        import torch

        return torch.nn.Linear(1, 1)

    def trained_model(self, state, evaluation):
        model = self.initial_model(None)
        model.load_state_dict(state)
        return model.eval()

    def augmentation(self):
        return lambda image, random: image

    def optimizer(self, model):
        import torch

        from workflow_scripts.training.engine import OptimizerAndSchedule

        return OptimizerAndSchedule(torch.optim.SGD(model.parameters(), 0.1), lambda step: 1.0)

    def loss_module(self, model):
        return model

    def losses(self, module, samples):
        import torch

        from workflow_scripts.training.engine import LossTerm

        means = torch.stack([sample.image.float().mean() / 255 for sample in samples])
        loss = (module(torch.ones(len(samples), 1))[:, 0] - means).square().sum()
        return {"loss_brightness": LossTerm(loss, len(samples))}

    def detect(self, model, images):
        import numpy as np

        from workflow_scripts.training.engine import Detections

        box, mask = np.array([[1, 1, 9, 9]], np.float32), np.ones((1, 4, 4), np.float32)
        one = np.ones(1, np.float32)
        return [Detections(box, one, np.ones(1, np.int64), mask) for _ in images]
'''


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """All engines' settings, with the newcomer's file among the engines."""
    (tmp_path / "brightness.py").write_text(ONE_FILE)
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(tmp_path)])
    found = plugins_in(engines.__name__, EngineSettings)
    training = Annotated[Union[found], Field(discriminator="engine")]  # noqa: UP007
    monkeypatch.setattr(checkpoint, "Training", training)
    return training


def test_an_engine_is_one_file_and_one_line_of_config(registered, job, shapes):
    settings = validate(registered, {"engine": "brightness"}, "config.yaml")
    job = replace(job, settings=settings)
    run_here(job)
    losses = [line["loss_brightness"] for line in metrics_of(job.output)]
    assert len(losses) == 3 and losses[-1] < losses[0]
    predictor, _ = load_predictor(
        job.output / "model_final.pth", Evaluation(), threads=1, on_gpu=False
    )
    split = CocoSplit.read(shapes / "val" / "annotations.json")
    results = list(predictor.results(split.images, shapes / "val"))
    assert [result["image_id"] for result in results] == [image.id for image in split.images]
    assert results[0]["bbox"] == [1, 1, 8, 8]
