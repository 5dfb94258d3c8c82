"""A Slurm script for the same command on several nodes: it saves when its time is up, and goes on when queued again."""

import shlex
from collections.abc import Sequence

_PORT = 29507


def script(words: Sequence[str], name: str, nodes: int, gpus: int) -> str:
    """The script for `words`, the command line without --slurm, --nodes, --node-rank, --master and --resume.

    One task a node starts that node's processes. Three minutes before the end of its time Slurm sends SIGTERM: a
    checkpoint is written, the job is queued again, and --resume goes on.
    """
    meeting = f'--nodes "$SLURM_NNODES" --node-rank "$SLURM_NODEID" --master "$first:{_PORT}"'
    on_each = shlex.quote(f"exec {shlex.join(words)} --resume {meeting}")
    return f"""#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node={gpus}
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@180
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={name}-%j.log
set -u
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export first
srun --kill-on-bad-exit=0 bash -c {on_each}
status=$?
[ "$status" -eq 130 ] && scontrol requeue "$SLURM_JOB_ID"
exit "$status"
"""
