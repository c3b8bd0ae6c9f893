# Every run's numbers in one table, the verdict on them, figures, and one page of it all.


rule table_2:
    input:
        evaluations(),
    output:
        csv=report(
            f"{RESULTS}/tables/table_2.csv",
            caption="captions/table_2.rst",
            category="Accuracy",
        ),
        md=f"{RESULTS}/tables/table_2.md",
        tex=f"{RESULTS}/tables/table_2.tex",
        json=f"{RESULTS}/tables/table_2.json",
    log:
        f"{RESULTS}/logs/table_2.log",
    benchmark:
        f"{RESULTS}/benchmarks/table_2.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        fingerprint=JOBS.tables(),
        runs=subpath(input[0], ancestor=3),
        folder=subpath(output.json, parent=True),
    message:
        "Making Table II"
    shell:
        "exec python -m workflow_scripts.analysis.tables make --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference}"
        " --output {params.folder:q} --log {log:q}"


rule verdict:
    input:
        evaluations(),
        matches=matches(),
    output:
        csv=report(
            f"{RESULTS}/tables/verdict.csv",
            caption="captions/verdict.rst",
            category="Accuracy",
        ),
        md=f"{RESULTS}/tables/verdict.md",
        tex=f"{RESULTS}/tables/verdict.tex",
        json=f"{RESULTS}/tables/verdict.json",
    log:
        f"{RESULTS}/logs/verdict.log",
    benchmark:
        f"{RESULTS}/benchmarks/verdict.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=JOBS.statistics_settings,
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        aa_controls=JOBS.aa_controls,
        positive_controls=JOBS.positive_controls,
        fingerprint=JOBS.verdict(),
        runs=subpath(input[0], ancestor=3),
        folder=subpath(output.json, parent=True),
    message:
        "Judging each variant against {params.reference}"
    shell:
        "exec python -m workflow_scripts.analysis.statistics verdict --settings {params.settings:q}"
        " --runs-in {params.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --aa-controls {params.aa_controls:q}"
        " --positive-controls {params.positive_controls:q} --output {params.folder:q}"
        " --log {log:q}"


rule exposed:
    input:
        evaluations(),
    output:
        csv=f"{RESULTS}/tables/exposed.csv",
        md=f"{RESULTS}/tables/exposed.md",
        tex=f"{RESULTS}/tables/exposed.tex",
        json=f"{RESULTS}/tables/exposed.json",
    log:
        f"{RESULTS}/logs/exposed.log",
    benchmark:
        f"{RESULTS}/benchmarks/exposed.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=JOBS.interval_settings,
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        fingerprint=JOBS.exposed(),
        runs=subpath(input[0], ancestor=3),
        folder=subpath(output.json, parent=True),
    message:
        "Comparing objects that carry a face or a plate"
    shell:
        "exec python -m workflow_scripts.analysis.statistics exposed --settings {params.settings:q}"
        " --runs-in {params.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --output {params.folder:q} --log {log:q}"


rule cross:
    input:
        cross_evaluations(),
    output:
        csv=f"{RESULTS}/tables/cross.csv",
        md=f"{RESULTS}/tables/cross.md",
        tex=f"{RESULTS}/tables/cross.tex",
        json=f"{RESULTS}/tables/cross.json",
    log:
        f"{RESULTS}/logs/cross.log",
    benchmark:
        f"{RESULTS}/benchmarks/cross.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        expected=JOBS.expected_runs,
        on=EXPERIMENT.evaluation.on,
        fingerprint=JOBS.cross(),
        runs=subpath(input[0], ancestor=3),
        folder=subpath(output.json, parent=True),
    message:
        "Making the table of trainings by tests"
    shell:
        "exec python -m workflow_scripts.analysis.tables cross --runs-in {params.runs:q}"
        " --expected {params.expected:q} --on {params.on:q}"
        " --output {params.folder:q} --log {log:q}"


rule figures:
    input:
        evaluations(),
        of_runs("metrics.jsonl"),
        verdict=f"{RESULTS}/tables/verdict.json",
        privacy=f"{RESULTS}/tables/privacy.json",
    output:
        png=figures_of_results("png"),
        forest=report(
            f"{RESULTS}/figures/forest.svg",
            caption="captions/forest.rst",
            category="Accuracy",
        ),
        runs=report(
            f"{RESULTS}/figures/runs.svg",
            caption="captions/runs.rst",
            category="Accuracy",
        ),
        learning_curves=report(
            f"{RESULTS}/figures/learning_curves.svg",
            caption="captions/learning_curves.rst",
            category="Accuracy",
        ),
        privacy_utility=report(
            f"{RESULTS}/figures/privacy_utility.svg",
            caption="captions/privacy_utility.rst",
            category="Privacy",
        ),
    log:
        f"{RESULTS}/logs/figures.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fingerprint=JOBS.figures(),
        results=subpath(output.forest, ancestor=2),
    message:
        "Drawing the figures of the results"
    shell:
        "exec python -m workflow_scripts.analysis.report figures {params.results:q} --log {log:q}"


rule provenance:
    input:
        evaluations(),
        of_runs("run.json"),
        further_tables(),
        figures_of_results("svg"),
        figure_3=f"{RESULTS}/figures/figure_3.svg",
        before_after=f"{RESULTS}/figures/before_after.svg",
        table=f"{RESULTS}/tables/table_2.json",
        verdict=f"{RESULTS}/tables/verdict.json",
        privacy=f"{RESULTS}/tables/privacy.json",
        weights=record_of_weights(),
    output:
        report(
            f"{RESULTS}/provenance.json",
            caption="captions/provenance.rst",
            category="Report",
        ),
    log:
        f"{RESULTS}/logs/provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/provenance.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config=whole_config,
        fingerprint=JOBS.provenance(),
        results=subpath(output[0], parent=True),
    message:
        "Writing down where the results come from"
    shell:
        "exec python -m workflow_scripts.analysis.report provenance {params.results:q}"
        " --config {params.config:q} --output {output:q} --log {log:q}"


rule report:
    input:
        evaluations(),
        of_runs("run.json"),
        of_runs("metrics.jsonl"),
        further_tables(),
        table_1=f"{RESULTS}/data/table_1.csv",
        pii=f"{RESULTS}/pii/summary.json",
        figure_3=f"{RESULTS}/figures/figure_3.svg",
        before_after=f"{RESULTS}/figures/before_after.svg",
        table=f"{RESULTS}/tables/table_2.json",
        verdict=f"{RESULTS}/tables/verdict.json",
        privacy=f"{RESULTS}/tables/privacy.json",
        provenance=f"{RESULTS}/provenance.json",
    output:
        report(
            f"{RESULTS}/report.html",
            caption="captions/report.rst",
            category="Report",
        ),
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    localrule: True
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=JOBS.report_settings,
        fingerprint=JOBS.report(),
        results=subpath(output[0], parent=True),
    message:
        "Making the report"
    shell:
        "exec python -m workflow_scripts.analysis.report html {params.results:q}"
        " --settings {params.settings:q} --provenance {input.provenance:q}"
        " --output {output:q} --log {log:q}"


rule partial_table_2:
    # The runs that are there are no inputs: to show them must not start the others.
    log:
        f"{RESULTS}/logs/partial_table_2.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        runs=f"{RESULTS}/runs",
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        folder=f"{RESULTS}/tables/partial",
    message:
        "Making Table II from the runs that are there"
    shell:
        "python -m workflow_scripts.analysis.tables make --partial --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference}"
        " --output {params.folder:q} --log {log:q}"
        " && exec python -m workflow_scripts.analysis.tables show {params.folder:q}/table_2.json"


rule partial_report:
    # As partial_table_2: it shows what is there, and names the runs that failed or are missing.
    log:
        f"{RESULTS}/logs/partial_report.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        settings=JOBS.report_settings,
        statistics=JOBS.statistics_settings,
        config=whole_config,
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        aa_controls=JOBS.aa_controls,
        positive_controls=JOBS.positive_controls,
        results=RESULTS,
        runs=f"{RESULTS}/runs",
        folder=f"{RESULTS}/tables/partial",
    message:
        "Making the report of the runs that are there"
    shell:
        "python -m workflow_scripts.analysis.tables make --partial --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference}"
        " --output {params.folder:q} --log {log:q}"
        " && python -m workflow_scripts.analysis.statistics verdict --settings {params.statistics:q}"
        " --runs-in {params.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --aa-controls {params.aa_controls:q}"
        " --positive-controls {params.positive_controls:q} --output {params.folder:q}"
        " && python -m workflow_scripts.analysis.report provenance {params.results:q}"
        " --config {params.config:q} --output {params.folder:q}/provenance.json"
        " && exec python -m workflow_scripts.analysis.report html {params.results:q}"
        " --settings {params.settings:q} --tables {params.folder:q}"
        " --provenance {params.folder:q}/provenance.json --output {params.folder:q}/report.html"


rule plan:
    # What the same call without this target would take; beside it, as a chart. It asks Snakemake
    # once more, which shall not wait for the lock of the call that it is part of.
    log:
        f"{RESULTS}/logs/plan.log",
    localrule: True
    conda:
        "../envs/workflow.yaml"
    params:
        call=call_without_plan,
        folder=f"{RESULTS}/plan",
    message:
        "Estimating what there is to do"
    shell:
        "exec python -m workflow_scripts.operations.plan --chart {params.folder:q} --log {log:q}"
        " -- {params.call} --nolock"
