"""Registering a plan by hand, as far as it needs no experiment that is under way."""

import pytest
import yaml

from tests.commands import register as main
from tests.small_experiment import small_config
from tests.workflow import PROJECT


@pytest.fixture
def arguments(tmp_path, monkeypatch) -> list[str]:
    """Snakemake's, as they are typed: a config beside a working folder where nothing was made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(small_config()))
    profile = ["--profile", str(PROJECT / "profiles/demo"), "--directory", "work"]
    return [*profile, "--configfile", "mine.yaml"]


def refused(arguments, capfd) -> str:
    """The one line that refuses to register."""
    assert main(["--", *arguments]) == 2
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "error: " in line]
    return line


def test_the_index_is_asked_for_with_the_command_that_makes_it(arguments, capfd, tmp_path):
    line = refused(arguments, capfd)
    assert "results/small/data/shards.json: missing or outdated" in line
    assert f"snakemake index_dataset --profile {PROJECT}/profiles/demo --directory work" in line
    assert not (tmp_path / "work/results/small/registration.json").exists()


def test_images_only_have_no_plan(arguments, capfd, tmp_path):
    config = {
        "experiment": "photos",
        "dataset": {"kind": "images", "root": "."},
        "variants": {"blur": {"method": "blur"}},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    assert "trains nothing, so there is no plan" in refused(arguments, capfd)


@pytest.mark.parametrize("place", ["work", "."])
def test_what_is_there_is_looked_for_in_snakemakes_folder(arguments, capfd, tmp_path, place):
    path = tmp_path / place / "results/small/registration.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    line = refused(arguments, capfd)
    assert ("already registered" in line) == (place == "work")


def test_a_wrong_config_is_one_line(arguments, capfd):
    assert "seeds" in refused([*arguments, "--config", "seeds=0"], capfd)
    assert "none.yaml: no such file" in refused([*arguments[:-1], "none.yaml"], capfd)
