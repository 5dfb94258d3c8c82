"""A Ray cluster of two nodes on this machine. Prints its address and the second node's process.

On stdin, `kill` kills that node, and `add` starts another in its place. Arguments are the addresses that models have
for each of the two.
"""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from typing import Any, TypeVar

FOLDER = tempfile.mkdtemp(prefix="tcm-test-")
PATIENCE = {"RAY_raylet_start_wait_time_s": "120", "RAY_agent_register_timeout_ms": "120000"}
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": FOLDER, **PATIENCE}

from ray.cluster_utils import Cluster  # noqa: E402 - it reads the environment

SHARED = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False, "no_monitor": True}
HEAD = {**SHARED, "include_log_monitor": False}
Made = TypeVar("Made")


def tried(start: Callable[[], Made]) -> Made:
    """What `start` makes. Ray gives a node 30 seconds, which a busy machine may exceed: try again."""
    for _ in range(3):
        try:
            return start()
        except Exception as error:
            sys.stderr.write(f"{error}\n")
    return start()


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def node(cluster: Cluster) -> tuple[Any, int]:
    """A second node, and its process."""
    made = tried(lambda: cluster.add_node(**SHARED, env_vars={"OPENAI_BASE_URL": sys.argv[2]}))
    cluster.wait_for_nodes()
    return made, made.all_processes["raylet"][0].process.pid


if __name__ == "__main__":
    logging.disable()
    first = {**HEAD, "env_vars": {"OPENAI_BASE_URL": sys.argv[1]}}
    cluster = tried(lambda: Cluster(True, head_node_args=first))
    try:
        second, process = node(cluster)
        tell(f"{cluster.address} {process}")
        for line in sys.stdin:
            if line.strip() == "kill":
                cluster.remove_node(second, allow_graceful=False)
                tell("killed")
            elif line.strip() == "add":
                second, process = node(cluster)
                tell(str(process))
    finally:
        cluster.shutdown()
        shutil.rmtree(FOLDER, ignore_errors=True)
