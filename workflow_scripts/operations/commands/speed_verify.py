"""`speed verify`: check that `training.speed: fast` gives equivalent models."""

from typing import Annotated

from plain_commands.console import log

from workflow_scripts.common.cli import Behind, Positive, option


def verify(
    *snakemake: Behind,
    seeds: Annotated[int, option("N", at_least=2)] = 5,
    iterations: Positive | None = None,
) -> None:
    r"""Train some seeds with both speeds on the original images, and compare them.

    The runs are a separate experiment, `<experiment>-speed`, with the rules, resources and
    statistics of the given one. The result is written to results/<experiment>/speed.json, which
    Table II, the verdict and the report quote if `training.speed` is fast. For example:

        python -m workflow_scripts speed verify --seeds 5 --iterations 4800 \
            -- --profile profiles/slurm --profile my-site.yaml --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, after `--`.
        seeds: number of runs per speed.
        iterations: steps of each run, with the schedule scaled in proportion (default: the
            recipe's).

    Raises:
        UserError: there is nothing to train, or jobs failed.
    """
    # Snakemake and the config are slow to import, and --help does not need them.
    from workflow_scripts.operations.snakemake_call import SnakemakeCall  # noqa: PLC0415
    from workflow_scripts.operations.speed import SpeedCheck, file_of  # noqa: PLC0415

    check = SpeedCheck(SnakemakeCall.behind_dashes(snakemake), seeds, iterations)
    log.info("%s: working; an interrupted call resumes", check.layout.results)
    found = check.run()
    found.write(file_of(check))
    log.info("%s: written", file_of(check))
    print(found.sentence)
