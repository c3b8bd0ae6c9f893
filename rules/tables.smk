# Tables of the runs' results, and the verdict.


rule table_2:
    input:
        runs=JOBS.evaluations,
        index=ancient("<shards>"),
    output:
        table_of_boxes("<tables>"),
        csv=report(
            "<tables>/table_2.csv",
            caption="captions/table_2.rst",
            category="Accuracy",
        ),
        md="<tables>/table_2.md",
        tex="<tables>/table_2.tex",
        json="<tables>/table_2.json",
    log:
        "<logs>/table_2.log",
    benchmark:
        "<benchmarks>/table_2.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        note=FINGERPRINTS.note_option,
        fingerprint=FINGERPRINTS.tables,
        folder=subpath(output.json, parent=True),
    message:
        "Making Table II"
    shell:
        "exec python -m workflow_scripts tables make --runs {input.runs:q}"
        " --expected {params.expected:q} --reference {params.reference} {params.note}"
        " --output {params.folder:q} --log {log:q}"


rule verdict:
    input:
        runs=JOBS.evaluations,
        matches=JOBS.matches,
        manifests=JOBS.manifests,
        index=ancient("<shards>"),
    output:
        csv=report(
            "<tables>/verdict.csv",
            caption="captions/verdict.rst",
            category="Accuracy",
        ),
        md="<tables>/verdict.md",
        tex="<tables>/verdict.tex",
        json="<tables>/verdict.json",
        supplement=supplement_of("<tables>"),
    log:
        "<logs>/verdict.log",
    benchmark:
        "<benchmarks>/verdict.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=JOBS.statistics_settings,
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        aa_controls=JOBS.aa_controls,
        positive_controls=JOBS.positive_controls,
        random_drops=JOBS.random_drops,
        note=FINGERPRINTS.note_option,
        fingerprint=FINGERPRINTS.verdict,
        folder=subpath(output.json, parent=True),
    message:
        "Judging each variant against {params.reference}"
    shell:
        "exec python -m workflow_scripts statistics verdict --settings {params.settings:q}"
        " --runs {input.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --aa-controls {params.aa_controls:q}"
        " --positive-controls {params.positive_controls:q}"
        " --random-drops {params.random_drops:q} --manifests {input.manifests:q}"
        " {params.note} --threads {threads}"
        " --output {params.folder:q} --log {log:q}"


# The same on further test sets.


use rule table_2 as table_2_also with:
    input:
        runs=JOBS.further_evaluations,
        index=ancient("<shards>"),
    log:
        "<logs>/table_2/{further}.log",
    benchmark:
        "<benchmarks>/table_2/{further}.tsv"
    pathvars:
        tables="<further_tables>",
    message:
        "Making Table II of the test set {wildcards.further}"


use rule verdict as verdict_also with:
    input:
        runs=JOBS.further_evaluations,
        matches=JOBS.further_matches,
        manifests=JOBS.manifests,
        index=ancient("<shards>"),
    log:
        "<logs>/verdict/{further}.log",
    benchmark:
        "<benchmarks>/verdict/{further}.tsv"
    pathvars:
        tables="<further_tables>",
    message:
        "Judging each variant against {params.reference} on the test set {wildcards.further}"


rule exposed:
    input:
        runs=JOBS.evaluations,
        index=ancient("<shards>"),
    output:
        csv="<tables>/exposed.csv",
        md="<tables>/exposed.md",
        tex="<tables>/exposed.tex",
        json="<tables>/exposed.json",
    log:
        "<logs>/exposed.log",
    benchmark:
        "<benchmarks>/exposed.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=JOBS.interval_settings,
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        fingerprint=FINGERPRINTS.exposed,
        folder=subpath(output.json, parent=True),
    message:
        "Comparing objects with a face or a plate"
    shell:
        "exec python -m workflow_scripts statistics exposed --settings {params.settings:q}"
        " --runs {input.runs:q} --expected {params.expected:q}"
        " --reference {params.reference} --output {params.folder:q} --log {log:q}"


rule cross:
    input:
        runs=JOBS.all_evaluations,
        index=ancient("<shards>"),
    output:
        csv="<tables>/cross.csv",
        md="<tables>/cross.md",
        tex="<tables>/cross.tex",
        json="<tables>/cross.json",
    log:
        "<logs>/cross.log",
    benchmark:
        "<benchmarks>/cross.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        expected=JOBS.expected_runs,
        on=JOBS.all_tests,
        fingerprint=FINGERPRINTS.cross,
        folder=subpath(output.json, parent=True),
    message:
        "Making the table of trainings by tests"
    shell:
        "exec python -m workflow_scripts tables cross --runs {input.runs:q}"
        " --expected {params.expected:q} --on {params.on:q}"
        " --output {params.folder:q} --log {log:q}"
