# Figures of the results, and the report.


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
        "Recording the origin of the results"
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
