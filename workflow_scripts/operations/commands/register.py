"""`register`: registration of an experiment's plan."""

from plain_commands.console import log
from plain_commands.counts import counted

from workflow_scripts.common.cli import Behind


def register(*snakemake: Behind) -> None:
    r"""Register the plan of an experiment, before its first run.

    Margins, question, family, looks, seeds, variants, recipe and the digest of the data set are
    written to results/<experiment>/registration.json, with a hash. The report then states that the
    plan was registered before the first run, or lists later changes. Nothing is sent anywhere.
    Index the data set first. For example:

        python -m workflow_scripts register -- --profile profiles/local --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, after `--`.

    Raises:
        UserError: the experiment is already registered, a run has started, or the data set is not
            indexed.
    """
    # Snakemake and the config are slow to import, and --help does not need them.
    from workflow_scripts.operations.registering import register as write  # noqa: PLC0415
    from workflow_scripts.operations.snakemake_call import SnakemakeCall  # noqa: PLC0415

    registration = write(SnakemakeCall.behind_dashes(snakemake))
    runs = sum(map(len, registration.seeds.values()))
    log.info(
        "%s: %s, %s",
        registration.experiment,
        counted(len(registration.seeds), "variant"),
        counted(runs, "run"),
    )
    print(f"registered {registration.registered}, sha256 {registration.sha256}")
