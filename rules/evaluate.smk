# Predictions and average precisions of each run, on the validation images and, by the rules `…_on`,
# on anonymized ones, and by the rules `…_also` on further test sets.


rule predict:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        checkpoint="<checkpoint>",
        anonymized=JOBS.tested_manifest,
    output:
        "<predictions>",
    log:
        "<logs>/predict/<run_job>.log",
    benchmark:
        "<benchmarks>/predict/<run_job>.tsv"
    pathvars:
        split="val",
    conda:
        TRAINING_ENVIRONMENT
    threads: 4
    resources:
        gpu=0,
        # Minutes without output after which a program of engine command counts as hanging; 0: no
        # limit.
        silent_minutes=0,
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.prediction_settings,
        fingerprint=FINGERPRINTS.prediction,
        images=JOBS.validation_images,
        tested_on=JOBS.tested_on,
        anonymized=JOBS.tested_option,
        program=JOBS.program_option,
        gpus=gpus_of_job,
        python=JOBS.python_of_training,
    message:
        "Predicting with {wildcards.variant}, seed {wildcards.seed}, on {params.tested_on} images"
    shell:
        "exec {params.python:q} -m workflow_scripts training predict --settings {params.settings:q}"
        " --checkpoint {input.checkpoint:q} --annotations {input.annotations:q}"
        " --images {params.images:q} {params.anonymized} --output {output:q}"
        " --tested-on {params.tested_on} {params.program}"
        " --gpus {params.gpus} --threads {threads}"
        " --silent-minutes {resources.silent_minutes} --log {log:q}"


rule evaluate:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=validation_regions,
        predictions="<predictions>",
        run="<run>",
    output:
        evaluation="<evaluation>",
        matches="<matches>",
    log:
        "<logs>/evaluate/<run_job>.log",
    benchmark:
        "<benchmarks>/evaluate/<run_job>.tsv"
    pathvars:
        split="val",
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        fingerprint=FINGERPRINTS.evaluation,
        regions=JOBS.regions_option,
        tested_on=JOBS.tested_on,
    message:
        "Evaluating {wildcards.variant}, seed {wildcards.seed}, on {params.tested_on} images"
    shell:
        "exec python -m workflow_scripts evaluation --annotations {input.annotations:q}"
        " --predictions {input.predictions:q} --run {input.run:q}"
        " --output {output.evaluation:q} --matches {output.matches:q}"
        " --tested-on {params.tested_on} {params.regions}"
        " --log {log:q}"


use rule predict as predict_on with:
    pathvars:
        split="val",
        run_job="<tested_job>",


use rule evaluate as evaluate_on with:
    pathvars:
        split="val",
        run_job="<tested_job>",


# The index of a further test set is not made by a checkpoint, so it is an input by content.


use rule predict as predict_also with:
    input:
        annotations="<further_annotations>",
        shards=ancient("<shards>"),
        checkpoint="<checkpoint>",
    pathvars:
        split="val",
        run_job="<further_job>",


use rule evaluate as evaluate_also with:
    input:
        annotations="<further_annotations>",
        shards=ancient("<shards>"),
        predictions="<predictions>",
        run="<run>",
    pathvars:
        split="val",
        run_job="<further_job>",
