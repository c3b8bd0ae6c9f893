"""What the fingerprint of each rule's results covers."""

import re
from types import SimpleNamespace

import pytest
import yaml

from tests.workflow import PROJECT
from workflow_scripts.__main__ import COMMANDS
from workflow_scripts.common.fingerprint import WITHOUT_EFFECT, code_of
from workflow_scripts.config import fingerprints
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.config.jobs import Jobs

RULE = re.compile(r"^(?:rule|checkpoint) (\w+):\n((?: .*\n|\n)+)", re.M)
WORDS = re.compile(r"-m workflow_scripts (\w+(?: (?!-)[\w-]+)?)")
UNCOUNTED = {name for name in WITHOUT_EFFECT if ".commands." in name}
"""Commands that no fingerprint covers."""


def rules_with_fingerprints() -> dict[str, tuple[str, str]]:
    """The method that makes each rule's fingerprint, and the module of the rule's command."""
    found = {}
    for path in PROJECT.glob("rules/*.smk"):
        for rule, body in RULE.findall(path.read_text()):
            if method := re.search(r"^ +fingerprint=FINGERPRINTS\.(\w+),$", body, re.M):
                words = WORDS.search(body)
                assert words is not None, rule
                module, _ = COMMANDS[words[1]].split(":")
                found[rule] = (method[1], f"workflow_scripts.{module}")
    return found


RULES = rules_with_fingerprints()


@pytest.mark.parametrize("rule", RULES)
def test_the_command_of_a_rule_is_part_of_its_fingerprint(rule, monkeypatch):
    """Commands decide what is done: which images, which regions, what is dropped."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["evaluation"]["also"] = {"night": {"images": "night", "annotations": "night.json"}}
    jobs = Jobs(read_experiment(config, "config.yaml"))
    monkeypatch.setattr(fingerprints, "fingerprint", lambda **parts: parts["code"])
    monkeypatch.setattr(fingerprints, "code_of", lambda *modules: modules)
    job = SimpleNamespace(variant="anonymized", seed=1, split="train", further="night")
    known = fingerprints.Fingerprints(jobs, lambda: {"train": "t", "val": "v"})
    method, command = RULES[rule]
    roots = getattr(known, method)(job)
    assert code_of(*roots)
    assert (command in roots) is (command not in UNCOUNTED)


def test_commands_without_effect_are_checks_and_those_that_start_an_engine():
    assert sorted(UNCOUNTED) == [
        "workflow_scripts.anonymization.commands.check",
        "workflow_scripts.pii.commands.check",
        "workflow_scripts.training.commands.predict",
        "workflow_scripts.training.commands.train",
    ]
    assert len(RULES) > 20
