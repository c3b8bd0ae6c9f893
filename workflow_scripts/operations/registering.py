"""Registration of an experiment's plan before its first run."""

import contextlib
import json
from datetime import UTC, datetime

from plain_commands.errors import UserError

from workflow_scripts.config.early import refuse_missing_files
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.registrations import Registration, plan_in
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.operations.snakemake_call import SnakemakeCall


def register(call: SnakemakeCall) -> Registration:
    """Write the registration of a call's experiment.

    Raises:
        UserError: it is already registered, a run has started, nothing is trained, or the index is
            missing or outdated.
    """
    experiment, directory = call.experiment, call.directory
    layout = Layout(experiment.folder)
    # Paths in the config are relative to Snakemake's working directory, paths in the call to the
    # current one.
    with contextlib.chdir(directory):
        _refuse(experiment, layout)
        refuse_missing_files(experiment, layout)
    index = str(layout.shards)
    if call.jobs(index):
        raise UserError(
            f"{index}: missing or outdated, and a registration needs the digest of the data; "
            f"make it with: {call.typed('index_dataset')}"
        )
    with contextlib.chdir(directory):
        registration = registration_of(experiment, Shards.read(layout.shards))
        registration.write(layout.registration)
        return Registration.read(layout.registration)


def _refuse(experiment: Experiment, layout: Layout) -> None:
    if experiment.images_only:
        raise UserError("dataset.kind images trains nothing, so there is no plan to register")
    if layout.registration.exists():
        raise UserError(
            f"{layout.registration}: already registered. Give another plan another `experiment`"
        )
    started = [run for run in experiment.runs.layouts(layout.runs) if _has_started(run)]
    if started:
        raise UserError(
            f"{started[0].folder}: this run has started ({len(started)} in all), and a plan is "
            "registered before the first one; give the experiment another name"
        )


def _has_started(run: RunLayout) -> bool:
    return any(path.exists() for path in (run.provenance, run.checkpoint, run.state))


def registration_of(experiment: Experiment, shards: Shards) -> Registration:
    """The current plan of an experiment; its hash is added on writing.

    Args:
        experiment: the config.
        shards: the indexed data set.
    """
    jobs = Jobs(experiment)
    fingerprints = Fingerprints(jobs, lambda: shards.digests)
    expected = experiment.runs
    seeds = {variant: expected.seeds_of(variant) for variant in expected.variants}
    return Registration(
        version=1,
        experiment=experiment.experiment,
        registered=datetime.now(UTC).isoformat(timespec="seconds"),
        plan=plan_in(json.loads(jobs.config())),
        seeds=seeds,
        data=shards.digests,
        runs={
            variant: {
                str(seed): fingerprints.run_of(variant, seed)
                for seed in experiment.seeds_with_looks(variant)
            }
            for variant in seeds
        },
    )
