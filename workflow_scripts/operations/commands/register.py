"""`register`: the plan of an experiment, before its first run."""

from plain_commands.console import log

from workflow_scripts.common.cli import Behind


def register(*snakemake: Behind) -> None:
    r"""Write down what an experiment is going to do, before its first run.

    Margins, question, family, looks, seeds, variants, recipe and the digest of the data set go into
    results/<experiment>/registration.json, with a hash. The report then says that the plan was
    registered before the first run started, or names what was changed afterwards. Nothing is sent
    anywhere. Index the data set first. For example:

        python -m workflow_scripts register -- --profile profiles/local --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, behind `--`.

    Raises:
        UserError: there is a registration already, a run has started, or the data set is not
            indexed.
    """
    # Snakemake and the config are slow to import, and --help needs none of them.
    from workflow_scripts.operations.registering import register as write  # noqa: PLC0415
    from workflow_scripts.operations.snakemake_call import SnakemakeCall  # noqa: PLC0415

    registration = write(SnakemakeCall.behind_dashes(snakemake))
    runs = sum(map(len, registration.seeds.values()))
    log.info("%s: %d variants, %d runs", registration.experiment, len(registration.seeds), runs)
    print(f"registered {registration.registered}, sha256 {registration.sha256}")
