"""What does it cost to train on anonymized images? Table II from a labelled street data set."""

from snakemake.utils import min_version

min_version("9.27")

if not workflow.overwrite_configfiles:

    configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/weights.smk"
include: "rules/anonymize.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/privacy.smk"
include: "rules/tables.smk"
include: "rules/report.smk"
include: "rules/partial.smk"


# After the rules: before them, Snakemake (9.27) does not see wildcards in pathvars.
wildcard_constraints:
    variant="|".join(EXPERIMENT.variants),
    tested="|".join(EXPERIMENT.variants),
    seed=r"[1-9]\d*",
    shard=r"\d+-[0-9a-f]+",
    split="train|val",
    further="[A-Za-z][A-Za-z0-9_-]*",
    sha256="[0-9a-f]{64}",


# Short jobs, and jobs that need internet access, which compute nodes may lack.
localrules:
    check_training,
    cross,
    exposed,
    fetch_weights,
    figures,
    gather_images,
    limits,
    make_partial_table_2,
    partial_provenance,
    partial_report,
    partial_table_2,
    partial_verdict,
    privacy_table,
    record_weights,
    report,
    start_trainings,
    table_2,
    table_2_also,


rule all:
    default_target: not EXPERIMENT.images_only
    input:
        # Everything for readers, and also evaluations besides Table II, so that lost ones are
        # remade.
        "<data>/table_1.csv",
        "<data>/table_1.md",
        rules.summarize_pii.output,
        record_of_weights(),
        JOBS.evaluations,
        JOBS.matches,
        rules.table_2.output,
        rules.verdict.output,
        further_tables("csv", "md", "tex", "json"),
        JOBS.further_results("csv", "md", "tex", "json"),
        rules.privacy_table.output,
        rules.before_after.output,
        rules.figures.output,
        rules.provenance.output,
        rules.report.output,
        limits(),


rule anonymized:
    # Images only: detected, anonymized, audited, and laid out like the originals.
    default_target: EXPERIMENT.images_only
    input:
        handed_over(),
        record_of_weights(),
        rules.privacy_table.output if JOBS.attacked() or JOBS.missed() else [],
        limits(),


remember_parameters()


onstart:
    collect_cycles_again()
    record_expected_runs(index_changes=bool(IndexIsMade()))


onsuccess:
    record_expected_runs()
    show_results()


onerror:
    show_failures()
    record_expected_runs()
