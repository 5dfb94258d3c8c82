"""Starts the worker, or one for each GPU under torchrun, and hears what they tell."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tcmkit.errors import FAILED, TcmError, UsageError
from tcmkit.jsonl import codec
from tcmkit.jsonl.interrupts import Interrupts
from tcmkit.language import both, current

from .folder import RunFolder
from .settings import Job, Machine

Heard = Callable[[dict[str, Any]], None]


class Failed(TcmError):
    """A worker said why it ended, or ended without a word."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.exit_status = status


def devices(machine: Machine) -> tuple[str, int]:
    """cuda or cpu, and how many processes run on this machine. Raises UsageError where there are fewer GPUs."""
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = there if machine.gpus is None else machine.gpus
    if wanted > there:
        raise UsageError(
            both(
                f"--gpus {wanted}: GPUs that PyTorch can use here: {there}; --gpus 0 trains on the CPU",
                f"--gpus {wanted}：PyTorch 此处可用的 GPU 为 {there} 个；--gpus 0 用 CPU 训练",
            )
        )
    return ("cuda", wanted) if wanted else ("cpu", machine.processes)


def check_port(machine: Machine) -> None:
    """On the first of several nodes: raise UsageError when the port where they meet is taken."""
    if machine.nodes == 1 or machine.node_rank:
        return
    host, _, port = machine.master.rpartition(":")
    try:
        with socket.create_server((host, int(port))):
            pass
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(
            both(
                f"--master {machine.master}: {why}; choose another port, or an address of this machine",
                f"--master {machine.master}：{why}；请换一个端口，或用本机的地址",
            )
        ) from None


def command(job: Job, path: Path) -> list[str]:
    """What to run: Python, or torchrun for several processes. One path and nothing else: torchrun eats options."""
    machine, here = job.machine, int(job.facts["here"])
    if here == 1 and machine.nodes == 1:
        return [sys.executable, "-m", "tcmkit.train.worker", str(path)]
    meeting = (
        ["--standalone"]
        if machine.nodes == 1
        else [
            *("--nnodes", str(machine.nodes), "--node_rank", str(machine.node_rank)),
            *("--rdzv_backend", "c10d", "--rdzv_id", "tcm", "--rdzv_endpoint", machine.master),
        ]
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", *meeting, "--nproc_per_node", str(here)]
    return [*torchrun, "-m", "tcmkit.train.worker", str(path)]


def environment(job: Job) -> dict[str, str]:
    """The workers': the language of messages, no reaching out, and the GPUs that were asked for."""
    more = {"TCM_LANG": current(), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    if job.facts["device"] == "cpu":
        more["CUDA_VISIBLE_DEVICES"] = ""
    else:
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        chosen = [*filter(None, seen)] or [str(number) for number in range(job.facts["here"])]
        more["CUDA_VISIBLE_DEVICES"] = ",".join(chosen[: job.facts["here"]])
    return {**os.environ, **more}


def launch(job: Job, interrupts: Interrupts, heard: Heard) -> dict[str, Any]:
    """Carry out the job, whose configuration lies in its folder; the last event, `done` or `stopped`.

    On another node than the first the event is `elsewhere`. `heard` gets every event of the first process (`say`,
    `model`, `step`, `metrics` …). A first Ctrl-C or SIGTERM lets the workers save and end. Raises TcmError with what a
    worker said when it failed.
    """
    folder = RunFolder.of(job)
    last: dict[str, Any] = {}
    with folder.log.open("ab") as log, _started(command(job, folder.config), environment(job), log) as process:

        def stop() -> None:
            if process.stdin and not process.stdin.closed:
                process.stdin.write(b"stop\n")
                process.stdin.flush()

        with interrupts.calling(stop):
            for event in _events(process):
                if event["event"] in ("done", "stopped", "failed") and last.get("event") != "failed":
                    last = event
                heard(event)
            process.wait()
    if process.returncode == 0 and (job.machine.node_rank or last.get("event") in ("done", "stopped")):
        return last or {"event": "elsewhere"}
    raise _failure(last, process.returncode, folder.log)


@contextmanager
def _started(words: list[str], env: Mapping[str, str], log: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """The process, in a session of its own: Ctrl-C is for us to pass on. It does not outlive us."""
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _events(process: "subprocess.Popen[bytes]") -> Iterator[dict[str, Any]]:
    if process.stdout:
        for line in process.stdout:
            if line.startswith(b'{"event":'):
                yield codec.parse(line)


def _failure(last: Mapping[str, Any], status: int, log: Path) -> Failed:
    if last.get("event") == "failed":
        return Failed(last["message"], last["status"])
    if status < 0:
        return Failed(
            both(
                f"the training process was killed (signal {-status}), perhaps for lack of memory; "
                "--resume goes on from the last checkpoint",
                f"训练进程被终止（信号 {-status}），可能内存不足；--resume 可从上个检查点继续",
            )
        )
    last_words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or [""]
    return Failed(
        both(
            f"training failed: {last_words[0][:200]}; the whole story is in {log}",
            f"训练失败：{last_words[0][:200]}；详见 {log}",
        )
    )
