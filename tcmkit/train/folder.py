"""The folder of a run: what lies where in it, and whether a run may begin or go on there.

OUT/                the model, once training is over; README.md, curves.png, report.html
OUT/training.json   the merged configuration (a Job), from the start
OUT/metrics.jsonl   a line for each time the loss is logged
OUT/result.json     the last record; there once all is done
OUT/run/            data.jsonl, checkpoints/checkpoint-N, log.txt; data and checkpoints go when all is done
"""

import errno
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tcmkit.errors import InputError, OutputError, TcmError, UsageError
from tcmkit.jsonl import codec
from tcmkit.language import both

from .settings import Job

_PREFIX = "checkpoint-"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


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
        """Raise UsageError when `job` is not the run that ended here, or from whose checkpoint it would go on.

        A run that left no checkpoint binds nobody: it begins anew. Nor do the files of the user's own rewards bind one
        that has not ended, for they may have had to be mended (`mended`).
        """
        if self.node or not self.config.is_file() or not (self.is_finished or self.latest()):
            return
        before, now = (_deciding(found, self.is_finished) for found in (Job.load(self.config), job))
        changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if changed:
            what = ", ".join(changed)
            began = ("ended", "结束") if self.is_finished else ("began", "开始")
            raise UsageError(
                both(
                    f"--resume: not the run that {began[0]} in {self.out}: {what} changed; take the old command or a "
                    "new -o",
                    f"--resume：与 {self.out} 中已{began[1]}的训练不同：{what} 已改变；请用原命令，或用 -o 另选文件夹",
                )
            )

    def mended(self, job: Job) -> list[str]:
        """The user's own rewards whose files have changed since the run began."""
        if self.node or not self.latest():
            return []
        before = {found["name"]: found["digest"] for found in Job.load(self.config).own.get("rewards", ())}
        now = job.own.get("rewards", ())
        return [found["name"] for found in now if before.get(found["name"]) != found["digest"]]

    def finish(self, result: dict[str, Any]) -> None:
        """Write the last record, and let go of what only a run in progress needs. Raises OSError."""
        temporary = self.run / "result.json"
        temporary.write_bytes(codec.dump(result))
        os.replace(temporary, self.result)
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.let_go()

    def leave(self) -> None:
        """Take away again what `open` made in the folder of a finished run. Raises OSError."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        self.let_go()

    def let_go(self) -> None:
        """Delete the data of this machine. Raises OSError."""
        shutil.rmtree(self.arrow, ignore_errors=True)
        self.data.unlink(missing_ok=True)


def _deciding(job: Job, files: bool) -> dict[str, Any]:
    """What decides which weights come out, a name for each; with the contents of the user's own `files`, or without."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(job)))
    for reward in whole["own"].get("rewards", ()) if not files else ():
        del reward["digest"]
    return {
        **{"build": whole["build"], "data": job.facts.get("data"), "model": job.facts.get("model")},
        **whole["recipe"],
        **{name: whole["machine"][name] for name in ("shard", "precision", "nodes")},
        **{name: job.facts.get(name) for name in ("processes", "per_device", "accumulation")},
        **whole["own"],
    }


def cut_back(path: Path, lines: Iterable[str]) -> None:
    """Leave only these lines in a file: all of them or, when it fails, what was there. Raises OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text("".join(lines), encoding="utf-8")
    os.replace(temporary, path)


def cannot_read_or_write(out: Path, error: OSError) -> TcmError:
    """The one line for what the system refused: a file that is wanted, or room in the folder of the run."""
    place = Path(error.filename or out)
    to_read = isinstance(error, FileNotFoundError | IsADirectoryError) or not place.is_relative_to(out)
    if error.filename is None or error.errno in _NO_ROOM or not to_read:
        return cannot_write(place, error)
    reason = error.strerror or str(error)
    return InputError(
        both(
            f"cannot read {place}: {reason}; put it right, then the same command with --resume goes on",
            f"无法读取 {place}：{reason}；处理后再加 --resume 运行同一条命令",
        )
    )


def cannot_write(place: Path, error: OSError) -> OutputError:
    """The one line for a full disk, or a folder without rights."""
    reason = error.strerror or str(error)
    return OutputError(
        both(
            f"cannot write {place}: {reason}; free space, then the same command with --resume goes on",
            f"无法写入 {place}：{reason}；请腾出空间，再加 --resume 运行同一条命令",
        )
    )
