# One training by variant and seed: a run.
#
# A run's fingerprint covers its inputs: the images' digest, the variant, the recipe, the seed, the
# code. Inputs from the index are therefore `ancient` (see anonymize.smk).


rule check_training:
    output:
        touch("<training_checked>"),
    log:
        "<logs>/check_training.log",
    conda:
        TRAINING_ENVIRONMENT
    params:
        settings=JOBS.training_settings,
        python=JOBS.python_of_training,
    message:
        "Checking the recipe and the initial weights"
    shell:
        "exec {params.python:q} -m workflow_scripts training check --settings {params.settings:q}"
        " --log {log:q}"


rule start_trainings:
    # An error in any variant stops all trainings before they request a GPU.
    input:
        checks(),
        first_results_of_programs,
        index=ancient("<shards>"),
    output:
        touch(marks_of_runs_to_train()),
    log:
        "<logs>/start_trainings.log",
    conda:
        "../envs/workflow.yaml"
    message:
        "All checks have passed: the trainings may start"
    shell:
        "true > {log:q}"


rule doctor:
    # Not an input of any rule: the first target to run on a new machine.
    log:
        "<logs>/doctor.log",
    conda:
        TRAINING_ENVIRONMENT
    threads: 4
    resources:
        gpu=0,
        mem_mb=32000,
        runtime=30,
    params:
        settings=JOBS.training_settings,
        gpus=gpus_of_job,
        python=JOBS.python_of_training,
    message:
        "Checking versions, devices and the model"
    shell:
        "exec {params.python:q} -m workflow_scripts training doctor --settings {params.settings:q}"
        " --gpus {params.gpus} --log {log:q}"


rule train:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        validation=ancient("<data>/val.coco.json"),
        ready="<ready>",
        anonymized=JOBS.manifest,
    output:
        checkpoint="<checkpoint>",
        metrics="<metrics>",
        run="<run>",
    log:
        "<logs>/train/<run_job>.log",
    benchmark:
        "<benchmarks>/train/<run_job>.tsv"
    pathvars:
        split="train",
    conda:
        TRAINING_ENVIRONMENT
    threads: 8
    resources:
        gpu=0,
        # Maximum number of images per forward pass of a worker; 0 for all. It changes the memory
        # use, not the result.
        micro_batch=0,
        # Deprecated name of micro_batch.
        images_at_once=0,
        # Folder on a node's local disk to which images are copied, once per node; empty: no copy.
        scratch="",
        # Minutes without output after which a program of engine command counts as hanging; 0: no
        # limit.
        silent_minutes=0,
        mem_mb=32000,
        runtime=1440,
    params:
        settings=JOBS.training_settings,
        fingerprint=FINGERPRINTS.run,
        images=JOBS.training_images,
        anonymized=JOBS.anonymized_option,
        validation=JOBS.validation_settings,
        validation_images=JOBS.validation_root,
        seed_offset=JOBS.seed_offset,
        initialisation=JOBS.initialisation_option,
        folder=subpath(output.run, parent=True),
        python=JOBS.python_of_training,
        gpus=gpus_of_job,
        minutes=minutes_option,
        scratch=scratch_option,
    message:
        "Training on variant {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec {params.python:q} -m workflow_scripts training train --settings {params.settings:q}"
        " --variant {wildcards.variant} --seed {wildcards.seed}"
        " --seed-offset {params.seed_offset} {params.initialisation}"
        " --fingerprint {params.fingerprint}"
        " --annotations {input.annotations:q} --images {params.images:q} {params.anonymized}"
        " --validation {params.validation:q} --validation-annotations {input.validation:q}"
        " --validation-images {params.validation_images:q}"
        " --output {params.folder:q} {params.minutes} {params.scratch}"
        " --gpus {params.gpus} --micro-batch {resources.micro_batch}"
        " --images-at-once {resources.images_at_once}"
        " --silent-minutes {resources.silent_minutes}"
        " --threads {threads} --log {log:q}"
