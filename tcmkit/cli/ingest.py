"""`tcm ingest`: files, folders and JSON Lines to documents."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tcmkit.cli import complete
from tcmkit.cli.model import BaseUrls, refuse_unused_addresses
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, field_names, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.literature import Sources
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Reads text in any Chinese encoding, HTML, PDF and CSV, whole folders, or JSON Lines with text, html, or "
    "question and answer. Each filter drops with a reason and has a switch.",
    "可读任何中文编码的文本、HTML、PDF、CSV、整个文件夹，或含 text、html、question 与 answer 的 JSON Lines。"
    "每个过滤器丢弃时都给出原因，并可关闭。",
)
EXAMPLE = "tcm ingest books/ --jobs 2 -o documents.jsonl"


class Script(StrEnum):
    """What to do with traditional characters."""

    keep = "keep"
    simplified = "simplified"


class PersonalData(StrEnum):
    """What to do with personal data."""

    mask = "mask"
    drop = "drop"
    keep = "keep"


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help=both(
            "Files and folders (searched through, sorted); JSON Lines on stdin when none is given.",
            "文件和文件夹（递归，按名排序）；不给则从标准输入读 JSON Lines。",
        ),
    ),
]


@dataclass(frozen=True)
class Reading:
    """How texts are made of files."""

    max_chars: Annotated[
        int,
        option(
            "--max-chars",
            en="Split longer sections at sentence ends; 0 never.",
            zh="超长章节在句末切分；0 不切。",
            min=0,
        ),
    ] = 3000
    repair: Annotated[
        bool,
        option("--repair/--no-repair", en="Undo the known damage of converted books.", zh="修复转换造成的已知错字。"),
    ] = True
    script: Annotated[
        Script, option("--script", en="Traditional characters: keep or simplify.", zh="繁体字：保留或转为简体。")
    ] = Script.keep
    chatter: Annotated[
        bool, option("--strip-chatter/--keep-chatter", en="Take out greetings and thanks.", zh="去掉问候和致谢。")
    ] = True


@dataclass(frozen=True)
class Filters:
    """What is dropped, masked or marked, by looking at a document and at its copies."""

    min_chars: Annotated[
        int, option("--min-chars", en="Drop shorter documents.", zh="丢弃更短的文档。", min=0, metavar="N")
    ] = 30
    min_text: Annotated[
        float,
        option(
            "--min-text-share",
            en="Drop documents with a smaller share of letters and characters; 0 never.",
            zh="丢弃文字比例更低的文档；0 不丢。",
            min=0.0,
            max=1.0,
            metavar="X",
        ),
    ] = 0.5
    pii: Annotated[
        PersonalData,
        option("--pii", en="Personal data: mask, drop the document, or keep.", zh="个人信息：遮盖、丢弃或保留。"),
    ] = PersonalData.mask
    screen: Annotated[
        bool,
        option(
            "--screen/--no-screen", en="Drop toxic content, as tcm screen does.", zh="丢弃有害内容，同 tcm screen。"
        ),
    ] = True
    department: Annotated[
        bool, option("--department/--no-department", en="Name the department of each document.", zh="标注每篇的科室。")
    ] = True
    url_dup: Annotated[
        bool,
        option("--url-dup/--no-url-dup", en="Drop a second document of one address.", zh="丢弃同一网址的重复文档。"),
    ] = True
    exact_dup: Annotated[
        bool, option("--exact-dup/--no-exact-dup", en="Drop exact copies.", zh="丢弃完全重复的文档。")
    ] = True
    near_dup: Annotated[
        float,
        option(
            "--near-dup",
            en="Drop near copies from this Jaccard similarity of 5-grams; 0 never.",
            zh="按 5 字组 Jaccard 相似度丢弃近似重复；0 不丢。",
            min=0.0,
            max=1.0,
            metavar="X",
        ),
    ] = 0.8


@dataclass(frozen=True)
class Perplexity:
    """What is dropped for its language, and by which statistics."""

    drop_worst: Annotated[
        float,
        option(
            "--drop-worst",
            en="Drop this share with the highest perplexity; documents wait on disk until the end. 0 lets them flow.",
            zh="丢弃困惑度最高的这一比例；文档暂存磁盘直到读完。0 则边读边写。",
            min=0.0,
            max=1.0,
            metavar="X",
        ),
    ] = 0.01
    max_ppl: Annotated[
        float | None,
        option(
            "--max-ppl",
            en="Drop above this perplexity instead; streams; needs --lm or --lm-corpus.",
            zh="改按此困惑度丢弃；边读边写；需 --lm 或 --lm-corpus。",
            min=1.0,
            metavar="X",
        ),
    ] = None
    lm: Annotated[
        str | None,
        option("--lm", en="A language model saved by --save-lm.", zh="由 --save-lm 保存的语言模型。", metavar="FILE"),
    ] = None
    lm_corpus: Annotated[
        list[str] | None,
        option("--lm-corpus", en="Train the language model on this text.", zh="用此文本训练语言模型。", metavar="FILE"),
    ] = None
    save_lm: Annotated[
        str | None, option("--save-lm", en="Save the language model.", zh="保存语言模型。", metavar="FILE")
    ] = None


@dataclass(frozen=True)
class Papers:
    """Where papers appeared, and what that weighs."""

    journals: Annotated[
        str | None,
        option(
            "--journals",
            en="Target journals (CSV: name, aliases, issn, category): say where each PDF appeared and what it weighs.",
            zh="目标期刊表（CSV：name、aliases、issn、category）：标注每篇 PDF 的期刊和重要性。",
            metavar="FILE",
        ),
    ] = None
    bib: Annotated[
        list[str] | None,
        option("--bib", en="References of the papers: .bib or .ris.", zh="论文的题录：.bib 或 .ris。", metavar="FILE"),
    ] = None
    journal_table: Annotated[
        str | None,
        option(
            "--journal-table",
            en="Write paper, journal, category, score.",
            zh="写出论文、期刊、类别与得分。",
            metavar="FILE",
        ),
    ] = None
    offline: Annotated[bool, option("--offline", en="Do not ask the network about papers.", zh="不联网查询论文。")] = (
        False
    )


@dataclass(frozen=True)
class Scorer:
    """A language model in place of the statistics."""

    ppl_llm: Annotated[
        str | None,
        option(
            "--ppl-llm",
            en="Score by a language model instead: openai:MODEL, gguf:PATH.",
            zh="改由语言模型计算困惑度：openai:模型、gguf:路径。",
            metavar="SPEC",
            autocompletion=complete.specs,
        ),
    ] = None
    base_url: BaseUrls = None


@with_pipe(inputs=Paths, spreads=True)
def ingest(
    pipe: Pipe,
    reading: Reading,
    filters: Filters,
    perplexity: Perplexity,
    papers: Papers,
    scorer: Scorer,
    field_map: Annotated[
        list[str] | None,
        option(
            "--map",
            en="Read a field under another name: text=FIELD, html=, question=, answer=, title=, url=, id=.",
            zh="字段另有其名时：text=FIELD、html=、question=、answer=、title=、url=、id=。",
            metavar="OURS=THEIRS",
        ),
    ] = None,
) -> int:
    """Run ingest over the inputs."""
    from tcmkit.ingest import Settings, run_ingest

    settings = Settings(
        max_chars=reading.max_chars,
        repair=reading.repair,
        script=reading.script.value,
        strip_chatter=reading.chatter,
        min_chars=filters.min_chars,
        min_text_share=filters.min_text,
        pii=filters.pii.value,
        screen=filters.screen,
        department=filters.department,
        url_dup=filters.url_dup,
        exact_dup=filters.exact_dup,
        near_dup=filters.near_dup,
        drop_worst=perplexity.drop_worst,
        max_ppl=perplexity.max_ppl,
        lm=perplexity.lm,
        lm_corpus=tuple(perplexity.lm_corpus or ()),
        save_lm=perplexity.save_lm,
        ppl_llm=_language_model(scorer),
        literature=_sources(papers),
        journal_table=papers.journal_table,
        field_map=field_names(field_map or [], _FIELDS),
    )
    return run_ingest(settings, pipe.options)


def _sources(papers: Papers) -> "Sources | None":
    if papers.journals is None:
        if papers.bib or papers.journal_table or papers.offline:
            raise UsageError(
                both(
                    "--bib, --journal-table, --offline need --journals",
                    "--bib、--journal-table、--offline 需要 --journals",
                )
            )
        return None
    from tcmkit.literature import Catalogue, Sources, default_cache

    sources = Sources(papers.journals, tuple(papers.bib or ()), papers.offline, default_cache())
    Catalogue(sources)  # what is wrong with the lists is said now, not by every process
    return sources


def _language_model(scorer: Scorer) -> "ModelOptions | None":
    base_urls = tuple(scorer.base_url or ())
    refuse_unused_addresses((scorer.ppl_llm,), base_urls)
    if scorer.ppl_llm is None:
        return None
    from tcmkit.llm import EngineSettings, ModelOptions
    from tcmkit.llm.cache import default_path

    return ModelOptions((scorer.ppl_llm,), EngineSettings(base_urls), cache=default_path())


_FIELDS = ("text", "html", "question", "answer", "title", "url", "id")
