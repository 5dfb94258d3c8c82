"""The options that every data verb shares, written once.

A verb's command takes `pipe: Pipe` first; `with_pipe` replaces that parameter by the shared options::

    @with_pipe()
    def clean_tqs(pipe: Pipe, only_records: Annotated[bool, ...] = False) -> int:
        return pipe.run_steps("clean-tqs", partial(Cleaner, Settings(only_records)))
"""

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tcmkit.cli.model import ModelChoice, checked
from tcmkit.cli.options import Language, made, option, options_of, signed
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.jsonl import GatheringStep, Options, Step
    from tcmkit.llm import ModelOptions, TalkStep
    from tcmkit.records import Record


@dataclass(frozen=True)
class Pipe:
    """The shared options of one command."""

    options: "Options"

    def run_steps(self, verb: str, make_step: "Callable[[], Step]", unique_by: str = "") -> int:
        """Run a per-record verb over the inputs; the exit status."""
        from tcmkit.jsonl import run_steps

        return run_steps(verb, make_step, self.options, unique_by)

    def over(self, path: str) -> "Pipe":
        """The same with this one input. Raises UsageError when others were named too."""
        if self.options.inputs:
            raise UsageError(both(f"either {path} or the files named", f"{path} 与所列文件只能取一"))
        return Pipe(replace(self.options, inputs=(path,)))

    def beside(self, paths: "Iterable[str]") -> "Pipe":
        """The same for a verb that reads these files too: no output may be one of them."""
        return Pipe(replace(self.options, also_read=tuple(paths)))

    def run_gathering(self, verb: str, make_step: "Callable[[], GatheringStep]") -> int:
        """Run a verb that looks at several records together, in one process; the exit status."""
        from tcmkit.jsonl import run_gathering

        self._refuse_ray(both("several records are looked at together", "需要同时查看多条记录"))
        return run_gathering(verb, make_step, self.options)

    def run_talks(
        self, verb: str, make_step: "Callable[[], TalkStep]", model: "ModelOptions", unique_by: str = ""
    ) -> int:
        """Run a per-record verb that asks a model; the exit status."""
        from tcmkit.llm import run_talks

        return run_talks(verb, make_step, model, self.options, unique_by)

    def _refuse_ray(self, why: str) -> None:
        """What --ray spreads is the work on each record alone; where there is none, say so."""
        if self.options.ray:
            raise UsageError(both(f"{why}: leave --ray away", f"{why}：请去掉 --ray"))

    def run_one(self, verb: str, make_step: "Callable[[], Step]", record: "Record") -> int:
        """Run a per-record verb on a record from the command line; the exit status."""
        from tcmkit.jsonl import run_one

        self._refuse_ray(both("one record needs no cluster", "一条记录不需要集群"))
        return run_one(verb, make_step, record, self.options)


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help=both(
            "JSON Lines, or tables (CSV, TSV), also .gz and .zst; stdin when none is given.",
            "JSON Lines 或表格（CSV、TSV）文件，也可为 .gz、.zst；不给则读标准输入。",
        ),
    ),
]


def _address(value: str | None) -> str | None:
    """Raises BadParameter for the next option, which was no address of a cluster."""
    if value is not None and value.startswith("-"):
        raise typer.BadParameter(
            both(
                f"needs HOST:PORT, auto or local, and {value} is an option",
                f"需要 HOST:PORT、auto 或 local，而 {value} 是选项",
            )
        )
    return value


@dataclass(frozen=True)
class Shared:
    """What every data verb takes beside its inputs."""

    output: Annotated[
        str | None,
        option(
            "-o",
            "--output",
            en="Write here, complete or not at all; 'out-*.jsonl.zst' is several files.",
            zh="写入此文件；写完才出现。'out-*.jsonl.zst' 为多个文件。",
            metavar="FILE",
        ),
    ] = None
    shard_mb: Annotated[
        int,
        option(
            "--shard-mb",
            en="Megabytes of each of several files.",
            zh="分为多个文件时各多少 MB。",
            min=1,
            metavar="N",
        ),
    ] = 256
    shard_records: Annotated[
        int | None,
        option(
            "--shard-records", en="Records of each of several files.", zh="多个文件时每个的条数。", min=1, metavar="N"
        ),
    ] = None
    rejects: Annotated[
        str | None,
        option("--rejects", en="Keep unusable lines here, with reasons.", zh="保存不可用的行及原因。", metavar="FILE"),
    ] = None
    dropped: Annotated[
        str | None,
        option(
            "--dropped", en="Keep dropped records here, with reasons.", zh="保存被丢弃的记录及原因。", metavar="FILE"
        ),
    ] = None
    summary: Annotated[
        str | None,
        option("--summary", en="Write the balance as JSON.", zh="以 JSON 写出收支。", metavar="FILE"),
    ] = None
    review: Annotated[
        int,
        option(
            "--review",
            en="Sample N decisions, kept and dropped, for people to judge.",
            zh="抽取 N 条保留或丢弃的结果供人工评审。",
            min=0,
            metavar="N",
        ),
    ] = 0
    review_file: Annotated[
        str, option("--review-file", en="Where the sample goes.", zh="抽样写入的文件。", metavar="FILE")
    ] = "review.jsonl"
    strict: Annotated[
        bool, option("--strict", en="Stop at the first unusable line.", zh="遇到第一条不可用的行即停止。")
    ] = False
    quiet: Annotated[bool, option("-q", "--quiet", en="No progress and no balance.", zh="不显示进度和收支。")] = False
    line_buffered: Annotated[
        bool, option("--line-buffered", en="Write each record at once.", zh="每条记录立即写出。")
    ] = False
    limit: Annotated[
        int | None, option("--limit", en="Read at most N records.", zh="最多读入 N 条。", min=0, metavar="N")
    ] = None
    seed: Annotated[int, option("--seed", en="Seed of every random choice.", zh="随机选择的种子。", metavar="N")] = 0
    jobs: Annotated[
        int | None,
        option(
            "-j",
            "--jobs",
            en="Processes (1); 0 is one for each core. The output is the same.",
            zh="进程数（1）；0 表示每核一个。输出不变。",
            min=0,
            metavar="N",
        ),
    ] = None
    ray: Annotated[
        str | None,
        option(
            "--ray",
            en="Do the work on a Ray cluster (HOST:PORT, auto) or one started here (local). The output is the same.",
            zh="在 Ray 集群上运行（HOST:PORT、auto），或在本机启动（local）。输出不变。",
            metavar="ADDRESS|local",
            callback=_address,
        ),
    ] = None
    lang: Language = None

    def pipe(self, inputs: list[str] | None) -> Pipe:
        """The options as verbs use them. Raises UsageError where two do not go together."""
        from tcmkit.jsonl import Options, expanded

        if self.ray and self.line_buffered:
            raise UsageError(both("--line-buffered does not go with --ray", "--line-buffered 不能与 --ray 同用"))
        self._refuse_same_names()
        return Pipe(
            Options(
                inputs=expanded(inputs or ()),
                output=self.output,
                rejects=self.rejects,
                dropped=self.dropped,
                summary=self.summary,
                review=self.review,
                review_file=self.review_file,
                strict=self.strict,
                quiet=self.quiet,
                line_buffered=self.line_buffered,
                limit=self.limit,
                seed=self.seed,
                jobs=_processes(self.jobs, self.ray),
                ray=self.ray,
                shard_bytes=self.shard_mb << 20,
                shard_records=self.shard_records,
            )
        )

    def _refuse_same_names(self) -> None:
        sample = self.review_file if self.review else None
        outputs = (self.output or "-", self.rejects, self.dropped, self.summary, sample)
        named = [name for name in outputs if name is not None and name != os.devnull]
        files = [name if name == "-" else os.path.realpath(name) for name in named]
        if len(set(files)) < len(files):
            raise UsageError(both("two outputs have the same name", "两个输出同名"))


_OF_SPREADING = ("ray", "shard_mb", "shard_records")


def _processes(jobs: int | None, ray: str | None) -> int:
    """How many there shall be: one unless more are wanted; 0, on a cluster, is all that it has."""
    if ray is not None:
        return jobs or 0
    return 1 if jobs is None else jobs or _cores()


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def with_pipe(
    inputs: Any = Files, model: int = 0, spreads: bool = False
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Replace a command's `pipe` parameter by the shared options; `inputs` says what its arguments are.

    `model` is how many engines the command takes at most: with one or more its `model` parameter is replaced by the
    options of `ModelChoice`. A command that `spreads` looks at each record alone: it takes --ray.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = [p for p in inspect.signature(command).parameters.values() if p.name not in ("pipe", "model")]
        first = inspect.Parameter("inputs", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=inputs)
        asking = options_of(ModelChoice) if model else []
        shared = [p for p in options_of(Shared) if spreads or p.name not in _OF_SPREADING]

        @functools.wraps(command)
        def with_options(**values: Any) -> int:
            pipe = made(Shared, values).pipe(values["inputs"])
            mine = {p.name: values[p.name] for p in own}
            if model:
                asked = made(ModelChoice, values).options()
                mine["model"] = checked(asked, pipe.options.seed, model, others=_texts(mine.values()))
            return command(pipe, **mine)

        return signed(with_options, (first, *own, *asking, *shared))

    return decorate


def _texts(values: Iterable[Any]) -> list[str]:
    """The texts among a command's own options: names of further engines are among them."""
    alone = (one for value in values for one in (vars(value).values() if is_dataclass(value) else (value,)))
    return [value for value in alone if isinstance(value, str)]


def field_names(pairs: list[str], known: Sequence[str]) -> dict[str, str]:
    """What --map says, our field to the input's: {"text": "Clinical Data"} for "text=Clinical Data".

    One --map may hold several: name=方名,composition=组成.

    Raises UsageError for a field that is none of ours.
    """
    named: dict[str, str] = {}
    another = re.compile(rf",(?=(?:{'|'.join(known)})=)")
    for pair in (one for several in pairs for one in another.split(several)):
        ours, sign, theirs = pair.partition("=")
        if ours not in known or not sign or not theirs:
            fields = ", ".join(known)
            raise UsageError(
                both(
                    f"--map {pair}: write OURS=THEIRS, OURS one of {fields}",
                    f"--map {pair}：应写作 OURS=THEIRS，OURS 为 {fields} 之一",
                )
            )
        named[ours] = theirs
    return named
