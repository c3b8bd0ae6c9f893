# Every run's numbers in one table, and the verdict on them.


rule table_2:
    input:
        evaluations(),
    output:
        csv=f"{RESULTS}/tables/table_2.csv",
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
        "exec python -m workflow_scripts.tables make --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference}"
        " --output {params.folder:q} --log {log:q}"


rule verdict:
    input:
        evaluations(),
        matches=matches(),
    output:
        csv=f"{RESULTS}/tables/verdict.csv",
        md=f"{RESULTS}/tables/verdict.md",
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
        "exec python -m workflow_scripts.statistics verdict --settings {params.settings:q}"
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
        "exec python -m workflow_scripts.statistics exposed --settings {params.settings:q}"
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
        "exec python -m workflow_scripts.tables cross --runs-in {params.runs:q}"
        " --expected {params.expected:q} --on {params.on:q}"
        " --output {params.folder:q} --log {log:q}"


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
        "python -m workflow_scripts.tables make --partial --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference}"
        " --output {params.folder:q} --log {log:q}"
        " && exec python -m workflow_scripts.tables show {params.folder:q}/table_2.json"
