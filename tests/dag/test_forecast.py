"""The forecast's jobs are those that Snakemake would run."""

import json

from tests import preloaded
from workflow_scripts.operations.plan.estimates import LEAST_SECONDS


def test_it_counts_snakemakes_jobs_and_those_that_seeds_add(indexed):
    expected = indexed.plan()
    words = ["workflow_scripts", "plan", "--json", "--seeds", "[1,2,3,4,5,9]", "--"]
    words += indexed.command()[3:]
    environment = indexed.surroundings()["env"]
    done = preloaded.run(words, indexed.project, environment, together=False)
    assert done.returncode == 0, done.stderr
    now, more = json.loads(done.stdout)
    assert {kind["kind"]: kind["jobs"] for kind in now["kinds"]} == expected
    added = {kind["kind"]: kind["jobs"] - expected[kind["kind"]] for kind in more["kinds"]}
    added = {name: count for name, count in added.items() if count}
    assert added == {"train": 2, "predict": 2, "evaluate": 2}
    assert now["critical_path"][-1].startswith(("table_2", "verdict", "all"))
    # The profile has one GPU: one training after the other.
    assert now["seconds"] >= now["bounds"]["gpus"] >= 10 * LEAST_SECONDS
