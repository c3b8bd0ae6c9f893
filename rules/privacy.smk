# What each variant's images still reveal about the originals: an audit and attacks per variant, a
# table, Figure 2.


rule audit:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
        manifest=JOBS.manifest,
        weights=JOBS.weights_of(EXPERIMENT.pii),
    output:
        "<audit>",
    log:
        "<logs>/audit/{variant}.log",
    benchmark:
        "<benchmarks>/audit/{variant}.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.pii_settings,
        fingerprint=FINGERPRINTS.audit,
        images=JOBS.training_images,
        anonymized=JOBS.anonymized_option,
    message:
        "Auditing the privacy of variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts privacy audit --settings {params.settings:q}"
        " --variant {wildcards.variant} --annotations {input.annotations:q}"
        " --images {params.images:q} --regions {input.regions:q} {params.anonymized}"
        " --fingerprint {params.fingerprint} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule attackers_pictures:
    # Pictures that an attacker who knows the people may have; as sensitive as the originals.
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
    output:
        directory("<pictures>"),
    log:
        "<logs>/attackers_pictures.log",
    benchmark:
        "<benchmarks>/attackers_pictures.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        settings=JOBS.picture_settings,
        fingerprint=FINGERPRINTS.pictures,
        images=JOBS.training_images,
    message:
        "Making other pictures of the attacked people and plates"
    shell:
        "exec python -m workflow_scripts privacy pictures --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} --output {output:q} --threads {threads} --log {log:q}"


rule treat_pictures:
    # With the command and the settings that make the variant's images.
    input:
        pictures="<pictures>",
        checked="<variant_checked>",
        index=ancient("<shards>"),
        weights=JOBS.weights_of_variant,
    output:
        directory("<treated_pictures>"),
    log:
        "<logs>/treat_pictures/{variant}.log",
    benchmark:
        "<benchmarks>/treat_pictures/{variant}.tsv"
    pathvars:
        split="train",
    wildcard_constraints:
        variant="|".join(JOBS.attacked()[1:]) or "none",
    conda:
        JOBS.environment
    threads: 4
    resources:
        gpu=JOBS.gpus,
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.variant_settings,
        fingerprint=FINGERPRINTS.anonymization,
    message:
        "Treating an attacker's pictures by variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts anonymization apply --settings {params.settings:q}"
        " --variant {wildcards.variant} --regions {input.pictures:q}/regions.parquet"
        " --annotations {input.pictures:q}/pictures.coco.json --images {input.pictures:q}"
        " --output {output:q} --threads {threads} --log {log:q}"


rule attack:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
        manifest=JOBS.attacked_manifest,
        pictures="<pictures>",
        treated=JOBS.treated_pictures,
        weights=JOBS.weights_of(EXPERIMENT.privacy.attacks),
    output:
        "<attacks>",
    log:
        "<logs>/attack/{variant}.log",
    benchmark:
        "<benchmarks>/attack/{variant}.tsv"
    pathvars:
        split="train",
    wildcard_constraints:
        variant="|".join(JOBS.attacked()) or "none",
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=16000,
        runtime=240,
    params:
        settings=JOBS.attack_settings,
        method=JOBS.method_option,
        fingerprint=FINGERPRINTS.attacks,
        images=JOBS.training_images,
        anonymized=JOBS.attacked_option,
        treated=JOBS.treated_option,
    message:
        "Attacking the privacy of variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts privacy attack --settings {params.settings:q}"
        " --method {params.method:q} --variant {wildcards.variant}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} {params.anonymized} --pictures {input.pictures:q}"
        " {params.treated} --fingerprint {params.fingerprint} --output {output:q}"
        " --threads {threads} --log {log:q}"


rule estimate_missed:
    # With second detectors, which find what those of the anonymization have missed.
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
        weights=JOBS.weights_of(EXPERIMENT.privacy.second_detection),
    output:
        estimate="<missed>",
        only_second="<only_second>",
    log:
        "<logs>/estimate_missed.log",
    benchmark:
        "<benchmarks>/estimate_missed.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=JOBS.second_detection_settings,
        pii=JOBS.pii_settings,
        fingerprint=FINGERPRINTS.missed,
        images=JOBS.training_images,
    message:
        "Estimating how many faces and plates were missed"
    shell:
        "exec python -m workflow_scripts privacy missed --settings {params.settings:q}"
        " --pii {params.pii:q} --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} --fingerprint {params.fingerprint}"
        " --output {output.estimate:q} --only-second {output.only_second:q}"
        " --threads {threads} --log {log:q}"


rule membership:
    # For each run's model: was it trained on an image?
    input:
        annotations=ancient("<annotations>"),
        validation=ancient("<data>/val.coco.json"),
        shards=ancient("<shards>"),
        checkpoint="<checkpoint>",
        anonymized=JOBS.manifest,
    output:
        "<membership>",
    log:
        "<logs>/membership/<run_job>.log",
    benchmark:
        "<benchmarks>/membership/<run_job>.tsv"
    pathvars:
        split="train",
    conda:
        TRAINING_ENVIRONMENT
    threads: 4
    resources:
        gpu=0,
        mem_mb=16000,
        runtime=120,
    params:
        settings=JOBS.prediction_settings,
        fingerprint=FINGERPRINTS.membership,
        images=JOBS.training_images,
        validation_images=JOBS.validation_images,
        anonymized=JOBS.anonymized_option,
        most=JOBS.membership_images,
        gpus=gpus_of_job,
    message:
        "Attacking membership in {wildcards.variant}, seed {wildcards.seed}"
    shell:
        "exec python -m workflow_scripts training losses --settings {params.settings:q}"
        " --checkpoint {input.checkpoint:q} --annotations {input.annotations:q}"
        " --images {params.images:q} {params.anonymized}"
        " --validation-annotations {input.validation:q}"
        " --validation-images {params.validation_images:q} --most {params.most}"
        " --output {output:q} --gpus {params.gpus} --threads {threads} --log {log:q}"


rule hand_over:
    # Images only: in the layout of the originals, with a summary.
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
        manifest="<manifest>",
        audit="<audit>",
    output:
        folder=directory("<handed_over>"),
        sheet="<contact_sheet>",
        text="<handover>",
    log:
        "<logs>/hand_over/{variant}.log",
    benchmark:
        "<benchmarks>/hand_over/{variant}.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=JOBS.report_settings,
        fingerprint=FINGERPRINTS.handover,
        images=JOBS.training_images,
        anonymized=subpath(input.manifest, parent=True),
    message:
        "Handing over the images of variant {wildcards.variant}"
    shell:
        "exec python -m workflow_scripts privacy hand-over --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} --anonymized {params.anonymized:q} --audit {input.audit:q}"
        " --output {output.folder:q} --sheet {output.sheet:q} --text {output.text:q} --log {log:q}"


rule privacy_table:
    input:
        audits=[LAYOUT.audit(variant) for variant in EXPERIMENT.variants],
        attacks=[LAYOUT.attacks(variant) for variant in JOBS.attacked()],
        missed=JOBS.missed(),
        membership=JOBS.memberships,
        review=JOBS.review(),
        donors=JOBS.record_of_donors(),
        regions=reviewed_regions,
        index=ancient("<shards>"),
    output:
        csv=report(
            "<tables>/privacy.csv",
            caption="captions/privacy.rst",
            category="Privacy",
        ),
        md="<tables>/privacy.md",
        tex="<tables>/privacy.tex",
        json="<tables>/privacy.json",
        page="<privacy_page>",
    log:
        "<logs>/privacy_table.log",
    benchmark:
        "<benchmarks>/privacy_table.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=JOBS.judging_settings,
        fingerprint=FINGERPRINTS.privacy_table,
        missed=JOBS.missed_option,
        review=JOBS.review_option,
        donors=JOBS.donors_option,
        experiment=EXPERIMENT.experiment,
        variants=JOBS.settings_of_variants,
        folder=subpath(output.json, parent=True),
    message:
        "Making the privacy table"
    shell:
        "exec python -m workflow_scripts privacy table --settings {params.settings:q}"
        " --audits {input.audits:q} --attacks {input.attacks:q} {params.missed}"
        " --membership {input.membership:q}"
        " {params.review} --regions {input.regions:q} --experiment {params.experiment}"
        " --variants {params.variants:q} {params.donors}"
        " --output {params.folder:q} --page {output.page:q} --log {log:q}"


rule limits:
    # A gate before publication of the data; the explanations are already written by then.
    input:
        table="<tables>/privacy.json",
        written=handed_over() if EXPERIMENT.images_only else "<report>",
        index=ancient("<shards>"),
    output:
        touch("<within_limits>"),
    log:
        "<logs>/limits.log",
    benchmark:
        "<benchmarks>/limits.tsv"
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Comparing the success of the attacks with the limits"
    shell:
        "exec python -m workflow_scripts privacy limits {input.table:q} --log {log:q}"


rule before_after:
    input:
        annotations=ancient("<annotations>"),
        shards=ancient("<shards>"),
        regions=training_regions,
        manifests=JOBS.manifests,
    output:
        svg=report(
            "<figures>/before_after.svg",
            caption="captions/before_after.rst",
            category="Privacy",
        ),
        png="<figures>/before_after.png",
    log:
        "<logs>/before_after.log",
    benchmark:
        "<benchmarks>/before_after.tsv"
    pathvars:
        split="train",
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=JOBS.report_settings,
        fingerprint=FINGERPRINTS.before_after,
        images=JOBS.training_images,
        folder=subpath(output.svg, parent=True),
    message:
        "Showing regions of each variant (Figure 2)"
    shell:
        "exec python -m workflow_scripts privacy figure --settings {params.settings:q}"
        " --annotations {input.annotations:q} --images {params.images:q}"
        " --regions {input.regions:q} --manifests {input.manifests:q}"
        " --output {params.folder:q} --log {log:q}"
