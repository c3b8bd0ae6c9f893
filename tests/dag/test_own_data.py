"""The short config of docs/own-data.md runs as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from tests import preloaded
from tests.coco_folder import write_coco
from tests.workflow import PROJECT

PAGE = (PROJECT / "docs/own-data.md").read_text(encoding="utf-8")
CHECKOUT = ("Snakefile", "config.yaml", "envs", "packages", "profiles", "rules", "workflow_scripts")


def test_the_short_config_runs_as_documented(tmp_path):
    (config,) = re.findall(r"```yaml\n(experiment: .*?)```", PAGE, re.S)
    commands = re.findall(r"^    (snakemake .*profiles/cpu .*)$", PAGE, re.M)
    (dry_run,) = [one for one in commands if one.endswith("--dry-run")]
    (index,) = [one for one in commands if "index_dataset" in one]
    assert dry_run.removesuffix(" --dry-run") in commands
    folder = tmp_path / "my project"
    folder.mkdir()
    for name in CHECKOUT:
        (folder / name).symlink_to(PROJECT / name)
    (folder / "mine.yaml").write_text(config)
    write_coco(folder / "data", "train", 4)
    write_coco(folder / "data", "val", 2)

    def planned(command: str) -> str:
        done = preloaded.run(shlex.split(command), folder)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run(command: str) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            shlex.split(command),
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    runs = 2 * len(yaml.safe_load(config)["variants"])
    assert re.search(rf"^train +{runs}$", planned(dry_run), re.M)
    run(index)
    assert (folder / "results/mine/data/table_1.md").exists()
    assert re.search(rf"^train +{runs}$", planned(dry_run), re.M)
