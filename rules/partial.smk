# Tables, verdict and report of the finished runs, without outdated ones. The runs are not inputs,
# since showing some must not start the others.


rule make_partial_table_2:
    output:
        table_of_boxes("<partial>"),
        csv="<partial>/table_2.csv",
        md="<partial>/table_2.md",
        tex="<partial>/table_2.tex",
        json="<partial>/table_2.json",
    log:
        "<logs>/make_partial_table_2.log",
    conda:
        "../envs/workflow.yaml"
    params:
        runs=str(LAYOUT.runs),
        expected=str(LAYOUT.expected_runs),
        reference=EXPERIMENT.reference,
        note=FINGERPRINTS.note_option,
        fingerprint=FINGERPRINTS.tables,
        found=FINGERPRINTS.found_runs,
        folder=subpath(output.json, parent=True),
    message:
        "Making Table II from the finished runs"
    shell:
        "exec python -m workflow_scripts tables make --partial --runs-in {params.runs:q}"
        " --expected {params.expected:q} --reference {params.reference} {params.note}"
        " --output {params.folder:q} --log {log:q}"


rule partial_table_2:
    input:
        "<partial>/table_2.json",
    log:
        "<logs>/partial_table_2.log",
    conda:
        "../envs/workflow.yaml"
    message:
        "Showing Table II of the finished runs"
    shell:
        "exec python -m workflow_scripts tables show {input:q}"


rule partial_verdict:
    output:
        csv="<partial>/verdict.csv",
        md="<partial>/verdict.md",
        tex="<partial>/verdict.tex",
        json="<partial>/verdict.json",
        supplement=supplement_of("<partial>"),
    log:
        "<logs>/partial_verdict.log",
    conda:
        "../envs/workflow.yaml"
    threads: 4
    params:
        settings=JOBS.statistics_settings,
        runs=str(LAYOUT.runs),
        expected=str(LAYOUT.expected_runs),
        reference=EXPERIMENT.reference,
        aa_controls=JOBS.aa_controls,
        positive_controls=JOBS.positive_controls,
        random_drops=JOBS.random_drops,
        note=FINGERPRINTS.note_option,
        manifests=JOBS.manifests,
        fingerprint=FINGERPRINTS.verdict,
        found=FINGERPRINTS.found_runs,
        folder=subpath(output.json, parent=True),
    message:
        "Judging the finished runs"
    shell:
        "exec python -m workflow_scripts statistics verdict --settings {params.settings:q}"
        " --runs-in {params.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --aa-controls {params.aa_controls:q}"
        " --positive-controls {params.positive_controls:q}"
        " --random-drops {params.random_drops:q} --manifests {params.manifests:q}"
        " {params.note} --threads {threads}"
        " --output {params.folder:q} --log {log:q}"


rule partial_provenance:
    output:
        "<partial>/provenance.json",
    log:
        "<logs>/partial_provenance.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=JOBS.config,
        fingerprint=FINGERPRINTS.provenance,
        found=FINGERPRINTS.found_runs,
        results=subpath(output[0], ancestor=3),
    message:
        "Recording the origin of the finished runs"
    shell:
        "exec python -m workflow_scripts report provenance {params.results:q}"
        " --config {params.config:q} --output {output:q} --log {log:q}"


rule partial_report:
    # Names the failed and missing runs.
    input:
        table="<partial>/table_2.json",
        verdict="<partial>/verdict.json",
        supplement="<partial>/supplement.json",
        provenance="<partial>/provenance.json",
    output:
        "<partial>/report.html",
    log:
        "<logs>/partial_report.log",
    conda:
        "../envs/workflow.yaml"
    params:
        settings=JOBS.report_settings,
        fingerprint=FINGERPRINTS.report,
        found=FINGERPRINTS.found_runs,
        results=subpath(output[0], ancestor=3),
        tables=subpath(input.table, parent=True),
    message:
        "Making the report of the finished runs"
    shell:
        "exec python -m workflow_scripts report html {params.results:q}"
        " --settings {params.settings:q} --tables {params.tables:q}"
        " --provenance {input.provenance:q} --output {output:q} --log {log:q}"
