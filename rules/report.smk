# Every run's numbers in one table, the verdict on them, figures, and one page of it all.


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
        "Comparing objects that carry a face or a plate"
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


rule figures:
    input:
        JOBS.evaluations,
        JOBS.metrics,
        index=ancient("<shards>"),
        verdict="<tables>/verdict.json",
        supplement="<tables>/supplement.json",
        privacy="<tables>/privacy.json",
    output:
        png=figures_of_results("png"),
        forest=report(
            "<figures>/forest.svg",
            caption="captions/forest.rst",
            category="Accuracy",
        ),
        effect_sizes=report(
            "<figures>/effect_sizes.svg",
            caption="captions/effect_sizes.rst",
            category="Accuracy",
        ),
        reliability=report(
            "<figures>/reliability.svg",
            caption="captions/reliability.rst",
            category="Accuracy",
        ),
        runs=report(
            "<figures>/runs.svg",
            caption="captions/runs.rst",
            category="Accuracy",
        ),
        learning_curves=report(
            "<figures>/learning_curves.svg",
            caption="captions/learning_curves.rst",
            category="Accuracy",
        ),
        privacy_utility=report(
            "<figures>/privacy_utility.svg",
            caption="captions/privacy_utility.rst",
            category="Privacy",
        ),
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        fingerprint=FINGERPRINTS.figures,
        results=subpath(output.forest, ancestor=2),
    message:
        "Drawing the figures of the results"
    shell:
        "exec python -m workflow_scripts report figures {params.results:q} --log {log:q}"


rule provenance:
    input:
        JOBS.evaluations,
        JOBS.records,
        further_tables("json"),
        JOBS.further_results("json"),
        figures_of_results("svg"),
        index=ancient("<shards>"),
        figure_3="<figures>/figure_3.svg",
        before_after="<figures>/before_after.svg",
        table="<tables>/table_2.json",
        verdict="<tables>/verdict.json",
        supplement="<tables>/supplement.json",
        privacy="<tables>/privacy.json",
        registration=JOBS.registration(),
        weights=record_of_weights(),
    output:
        report(
            "<provenance>",
            caption="captions/provenance.rst",
            category="Report",
        ),
    log:
        "<logs>/provenance.log",
    benchmark:
        "<benchmarks>/provenance.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        config=JOBS.config,
        fingerprint=FINGERPRINTS.provenance,
        results=subpath(output[0], parent=True),
    message:
        "Writing down where the results come from"
    shell:
        "exec python -m workflow_scripts report provenance {params.results:q}"
        " --config {params.config:q} --output {output:q} --log {log:q}"


rule report:
    input:
        JOBS.evaluations,
        JOBS.records,
        JOBS.metrics,
        further_tables("json"),
        JOBS.further_results("json"),
        table_1="<data>/table_1.csv",
        annotations=["<data>/train.coco.json", "<data>/val.coco.json"],
        pii="<pii_summary>",
        figure_3="<figures>/figure_3.svg",
        before_after="<figures>/before_after.svg",
        table="<tables>/table_2.json",
        verdict="<tables>/verdict.json",
        supplement="<tables>/supplement.json",
        privacy="<tables>/privacy.json",
        registration=JOBS.registration(),
        provenance="<provenance>",
    output:
        report(
            "<report>",
            caption="captions/report.rst",
            category="Report",
        ),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=JOBS.report_settings,
        fingerprint=FINGERPRINTS.report,
        results=subpath(output[0], parent=True),
    message:
        "Making the report"
    shell:
        "exec python -m workflow_scripts report html {params.results:q}"
        " --settings {params.settings:q} --provenance {input.provenance:q}"
        " --output {output:q} --log {log:q}"


# The same from the runs that are there, which are no inputs: to show them must not start the others.


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
        expected=JOBS.expected_runs,
        reference=EXPERIMENT.reference,
        note=FINGERPRINTS.note_option,
        fingerprint=FINGERPRINTS.tables,
        found=FINGERPRINTS.found_runs,
        folder=subpath(output.json, parent=True),
    message:
        "Making Table II from the runs that are there"
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
        "Showing Table II of the runs that are there"
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
        expected=JOBS.expected_runs,
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
        "Judging the runs that are there"
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
        "Recording the origin of the runs that are there"
    shell:
        "exec python -m workflow_scripts report provenance {params.results:q}"
        " --config {params.config:q} --output {output:q} --log {log:q}"


rule partial_report:
    # It names the runs that failed or are missing.
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
        "Making the report of the runs that are there"
    shell:
        "exec python -m workflow_scripts report html {params.results:q}"
        " --settings {params.settings:q} --tables {params.tables:q}"
        " --provenance {input.provenance:q} --output {output:q} --log {log:q}"
