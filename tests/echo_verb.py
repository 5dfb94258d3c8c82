"""A verb as a later one would be written, for the tests of the pipe: it does with each record what the record says."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

from tcmkit import cli
from tcmkit.cli import app
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import MissingExtra, RecordError, UsageError
from tcmkit.records import Drop, Record

DETAILS = ("For tests.", "测试用。")
EXAMPLE = "tcm echo records.jsonl"


class Echo:
    """The step: `do` in a record says what becomes of it; without it the record passes."""

    def __call__(self, record: Record) -> list[Record] | Drop:
        match record.get("do"):
            case "drop":
                return Drop(record.get("reason", "unwanted"), record.get("detail", ""))
            case "fail":
                raise RecordError(record.get("reason", "no_good"), record.get("detail", ""))
            case "copy":
                return [{**record, "copy": n} for n in range(record["times"])]
            case "touch":
                Path(record["path"]).touch()
            case "visit":  # on a cluster: leave the number of the node's own process
                Path(record["path"], str(os.getppid())).touch()
                time.sleep(record["seconds"])
            case "sleep":
                time.sleep(record["seconds"])
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "peak":
                status = Path("/proc/self/status").read_text()
                return [{**record, "kilobytes": int(status.partition("VmHWM:")[2].split()[0])}]
            case "extra":
                raise MissingExtra("thinking", "deep")
        return [record]


def make_echo() -> Echo:
    return Echo()


def refuse() -> Echo:
    raise UsageError("--refuse refuses")


@with_pipe(spreads=True)
def echo(
    pipe: Pipe,
    refused: Annotated[bool, option("--refuse", en="Refuse.", zh="拒绝。")] = False,
    unique_by: Annotated[str, option("--unique-by", en="Unique by.", zh="去重字段。")] = "",
) -> int:
    """Run the step over the inputs."""
    return pipe.run_steps("echo", refuse if refused else make_echo, unique_by)


if __name__ == "__main__":
    app.VERBS["echo"] = app.Verb("echo_verb:echo", "Do what each record says.")
    cli.main()
