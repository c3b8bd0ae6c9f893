#!/bin/bash
# The controlling Snakemake as a small Slurm job, for sites that allow no long processes on login
# nodes. Options of sbatch (--account, --partition, a longer --time) go before the script, the
# arguments of snakemake after it:
#   sbatch profiles/slurm/controller.sh --profile profiles/slurm --profile my-site.yaml …
#SBATCH --job-name=snakemake
#SBATCH --output=controller-%j.log
#SBATCH --open-mode=append
#SBATCH --time=1-00:00:00
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=4000
#SBATCH --requeue
# Ten minutes before its walltime ends, this job cancels its jobs and requeues itself.
#SBATCH --signal=B:USR1@600
set -o pipefail

if [ -z "${SLURM_JOB_ID:-}" ]; then
    echo "controller.sh is a Slurm job: sbatch profiles/slurm/controller.sh … (docs/slurm.md)" >&2
    exit 2
fi
job=$SLURM_JOB_ID starts=${SLURM_RESTART_COUNT:-0}
# Submitted jobs must not inherit the allocation of this job. SLURM_CONF belongs to the site.
for name in ${!SLURM_@}; do
    [ "$name" = SLURM_CONF ] || unset "$name"
done

# Cancel the jobs of this job and wait for them to end; repeat if Slurm's controller does not answer.
cancel_jobs() {
    local mine
    until mine=$(squeue --me --noheader --format='%A %j' | awk "\$2 ~ /^controller-${job}_/ { print \$1 }") &&
        [ -z "$mine" ]; do
        # shellcheck disable=SC2086 # several numbers
        [ -z "$mine" ] || scancel $mine
        sleep 5
    done
}

if [ "$starts" -gt 0 ]; then
    # A killed earlier start left them behind.
    cancel_jobs
    snakemake "$@" --unlock || exit
fi
again=
set -m # otherwise Snakemake would not receive SIGINT
snakemake "$@" --slurm-jobname-prefix "controller-$job" &
snakemake=$!
trap 'again=yes; kill -INT "$snakemake"' USR1
trap 'kill -INT "$snakemake"' TERM
code=128
# A signal ends `wait` with a code above 128, but not Snakemake.
while [ "$code" -ge 128 ] && kill -0 "$snakemake" 2>/dev/null; do
    wait "$snakemake"
    code=$?
done
cancel_jobs
if [ -n "$again" ] && [ "$code" -ne 0 ]; then
    echo "The walltime is nearly over: this job is queued again"
    scontrol requeue "$job"
fi
exit "$code"
