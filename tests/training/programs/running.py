"""A program that trains and predicts, behind the commands."""

import sys
from pathlib import Path

from tests.training.running import command_of
from workflow_scripts.__main__ import PROGRAM
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.job import TrainingJob

PROGRAM_FILE = Path(__file__).with_name("colour_program.py")
TRAIN = "{images} {annotations} {seed} {state} {output}"
PREDICT = "{model} {images} {annotations} {output}"


def settings_of(file: Path = PROGRAM_FILE, **more: object) -> CommandTraining:
    """Both programs in one file."""
    python = f"'{sys.executable}' '{file}'"
    commands = {"train": f"{python} train {TRAIN}", "predict": f"{python} predict {PREDICT}"}
    return CommandTraining(**{"engine": "command", **commands, **more})


def run(job: TrainingJob, *extra: str) -> int:
    """The command in this process."""
    return PROGRAM.run(["training", *command_of(job, *extra)[3:]])
