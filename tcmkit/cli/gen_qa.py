"""`tcm gen-qa`: questions whose answers stand in the source."""

from functools import partial
from typing import Annotated

from tcmkit.cli.pipe import Engine, Pipe, option, with_pipe

_KINDS = "herb, formula, acupoint, disease, syndrome, case, definition, choice, given"

DETAILS = (
    "Reads documents and cases. Each line has question, answer, kind, evidence (document id and offsets) and "
    "messages, ready for datasets and TRL.",
    "读入文档和病案。每行有 question、answer、kind、evidence 和 messages，可直接用于 datasets、TRL。",
)
EXAMPLE = "tcm ingest books/ | tcm gen-qa --kinds herb,formula > qa.jsonl"


@with_pipe()
def gen_qa(
    pipe: Pipe,
    per_doc: Annotated[
        int | None, option("--per-doc", en="At most N questions a document.", zh="每篇至多 N 题。", min=1, metavar="N")
    ] = None,
    kinds: Annotated[
        str | None,
        option(
            "--kinds",
            en=f"Only these, joined by commas: {_KINDS}.",
            zh=f"只要这些类型，用逗号分隔：{_KINDS}。",
            metavar="LIST",
        ),
    ] = None,
    duplicates: Annotated[
        bool,
        option(
            "--keep-duplicates",
            en="Keep a question that was asked before; else 90 bytes of memory a question.",
            zh="保留重复的问题；否则每题占用 90 字节内存。",
        ),
    ] = False,
    llm: Engine = "rules",
) -> int:
    """Run the generator over the inputs."""
    from tcmkit.gen_qa import Generator, Settings

    chosen = tuple(kinds.split(",")) if kinds else ()
    settings = Settings(per_doc=per_doc, kinds=chosen, seed=pipe.options.seed)
    return pipe.run_steps("gen-qa", partial(Generator, settings), unique_by="" if duplicates else "question")
