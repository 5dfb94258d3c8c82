"""The folder of a run: what lies where in it, and whether a run may begin or go on there.

OUT/                the model, once training is over; README.md, curves.png, report.html
OUT/training.json   the merged configuration (a Job), from the start
OUT/metrics.jsonl   a line for each time the loss is logged
OUT/result.json     the last record; there once all is done
OUT/run/            data.jsonl, checkpoints/checkpoint-N, log.txt; data and checkpoints go when all is done
"""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tcmkit.errors import OutputError, UsageError
from tcmkit.jsonl import codec
from tcmkit.language import both

from .settings import Job

_PREFIX = "checkpoint-"


class RunFolder:
    """Names in the folder of a run."""

    def __init__(self, out: str | Path, node: int = 0) -> None:
        """`node` is the number of this machine of several: what is not the first's lies in OUT/run/node-N."""
        self.out = Path(out)
        self.node = node
        self.run = self.out / "run" / f"node-{node}" if node else self.out / "run"
        self.config = (self.run if node else self.out) / "training.json"
        self.metrics = self.out / "metrics.jsonl"
        self.result = self.out / "result.json"
        self.data = self.run / "data.jsonl"
        self.arrow = self.run / "arrow"
        self.log = self.run / "log.txt"
        self.checkpoints = self.out / "run" / "checkpoints"
        self.unfinished = self.checkpoints / "unfinished"

    @classmethod
    def of(cls, job: Job) -> "RunFolder":
        """That of a job, on this machine."""
        return cls(job.out, job.machine.node_rank)

    @property
    def is_finished(self) -> bool:
        """Whether a run came to its end here."""
        return self.result.is_file()

    def saved(self) -> list[tuple[int, Path]]:
        """Step and folder of each complete checkpoint, oldest first."""
        found = [
            (int(path.name.removeprefix(_PREFIX)), path)
            for path in self.checkpoints.glob(f"{_PREFIX}*")
            if path.name.removeprefix(_PREFIX).isdigit()
        ]
        return sorted(found)

    def latest(self) -> Path | None:
        """The newest complete checkpoint."""
        saved = self.saved()
        return saved[-1][1] if saved else None

    def prune(self, keep: int) -> None:
        """Delete all but the newest `keep` checkpoints."""
        for _, path in self.saved()[: -keep or None]:
            shutil.rmtree(path)

    def open(self, resume: bool) -> None:
        """Make the folder, or see that a run may go on in it. Raises UsageError, OutputError."""
        if self.config.is_file() and not resume and not self.node:
            raise self._occupied()
        if not self.node and not self.config.is_file() and self.out.exists() and not self._is_free():
            raise UsageError(
                both(
                    f"{self.out} is there and is no run of training; name another folder with -o",
                    f"{self.out} 已存在且不是训练文件夹；请用 -o 另选",
                )
            )
        try:
            for path in (self.run, self.checkpoints):
                path.mkdir(parents=True, exist_ok=True)
            os.chmod(self.run, 0o700)  # it holds the data
            for left in (self.arrow,) if self.node else (self.unfinished, self.arrow):
                shutil.rmtree(left, ignore_errors=True)
        except OSError as error:
            raise cannot_write(self.out, error) from None

    def _is_free(self) -> bool:
        """Whether nothing is in it, or only what a run left that ended before it began."""
        return self.out.is_dir() and all(path.name == self.run.name for path in self.out.iterdir())

    def _occupied(self) -> UsageError:
        if self.is_finished:
            return UsageError(
                both(
                    f"{self.out} holds a finished run; name another folder with -o",
                    f"{self.out} 中的训练已完成；请用 -o 另选文件夹",
                )
            )
        return UsageError(
            both(
                f"{self.out} holds a run that did not end: go on with --resume, or name another folder with -o",
                f"{self.out} 中有未完成的训练：用 --resume 继续，或用 -o 另选文件夹",
            )
        )

    def check_same(self, job: Job) -> None:
        """Raise UsageError when `job` is not the run that began here: going on would give other weights."""
        if self.node or not self.config.is_file():
            return
        before, now = _deciding(Job.load(self.config)), _deciding(job)
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            what = ", ".join(changed)
            raise UsageError(
                both(
                    f"--resume: not the run that began in {self.out}: {what} changed; take the old command or a new -o",
                    f"--resume：与 {self.out} 中的训练不同：{what} 已改变；请用原命令，或用 -o 另选文件夹",
                )
            )

    def finish(self, result: dict[str, Any]) -> None:
        """Write the last record, and let go of what only a run in progress needs. Raises OSError."""
        temporary = self.run / "result.json"
        temporary.write_bytes(codec.dump(result))
        os.replace(temporary, self.result)
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.let_go()

    def let_go(self) -> None:
        """Delete the data of this machine. Raises OSError."""
        shutil.rmtree(self.arrow, ignore_errors=True)
        self.data.unlink(missing_ok=True)


def _deciding(job: Job) -> dict[str, Any]:
    """What decides which weights come out, a name for each."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(job)))
    return {
        **{"build": whole["build"], "data": job.facts.get("data"), "model": job.facts.get("model")},
        **whole["recipe"],
        **{name: whole["machine"][name] for name in ("shard", "precision", "nodes")},
        **{name: job.facts.get(name) for name in ("processes", "per_device", "accumulation")},
        **whole["own"],
    }


def cannot_write(place: Path, error: OSError) -> OutputError:
    """The one line for a full disk, or a folder without rights."""
    reason = error.strerror or str(error)
    return OutputError(
        both(
            f"cannot write {place}: {reason}; free space, then the same command with --resume goes on",
            f"无法写入 {place}：{reason}；请腾出空间，再加 --resume 运行同一条命令",
        )
    )
