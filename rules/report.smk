# Every run's numbers in one table.


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
