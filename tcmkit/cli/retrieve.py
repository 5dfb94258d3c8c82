"""`tcm retrieve`: the formulas that fit a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli import complete
from tcmkit.cli.model import BaseUrls, refuse_unused_addresses
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

DETAILS = (
    "Each record (a case of clean-tqs, or text, query, question) gets hits: the formula, its score and rank, and why. "
    "Without --index the formulas that come with the package are searched. --what cases finds the most similar "
    "cases in an index of cases; --what graph the diseases, syndromes, formulas and herbs related to what it names. No "
    "hit is a prescription: a physician decides, and tcm check looks at what is prescribed.",
    "每条记录（clean-tqs 的病案，或 text、query、question）得到 hits：方剂、得分、名次与理由 why。"
    "不给 --index 时检索自带方剂。"
    "--what cases 在病案索引中找最相近的病案；--what graph 找与所述相关的病、证、方、药。"
    "命中不是处方：由医师决定，处方用 tcm check 检查。",
)
EXAMPLE = "tcm clean-tqs records.jsonl | tcm retrieve --index INDEX > hits.jsonl"


class Fusion(StrEnum):
    """How the orders of both searches become one."""

    rrf = "rrf"
    convex = "convex"
    sparse = "sparse"
    dense = "dense"


class What(StrEnum):
    """What is looked for."""

    formulas = "formulas"
    cases = "cases"
    graph = "graph"


class Bm25(StrEnum):
    """Which BM25."""

    bm25s = "bm25s"
    rank_bm25 = "rank-bm25"


Embed = Annotated[
    str | None,
    option(
        "--embed",
        en="Vectors by a model: openai:MODEL, gguf:PATH, hf:PATH. The index remembers which.",
        zh="由模型计算向量：openai:模型、gguf:路径、hf:路径。索引记住所用模型。",
        metavar="SPEC",
        autocompletion=complete.specs,
    ),
]


def embedding_model(spec: str | None, base_urls: Sequence[str] | None) -> "ModelOptions | None":
    """The model that embeds; None where the index decides. Raises UsageError for rules, which have no vectors."""
    if spec is None:
        return None
    from tcmkit.llm import EngineSettings, ModelOptions

    if spec == "rules":
        raise UsageError(both("--embed wants a model; without it LSA is used", "--embed 需要模型；不给则用 LSA"))
    return ModelOptions((spec,), EngineSettings(tuple(base_urls or ())))


IndexFolder = Annotated[
    str | None,
    option(
        "--index",
        en="A folder made by tcm retrieve index.",
        zh="tcm retrieve index 所建的文件夹。",
        metavar="DIR",
        autocompletion=complete.indexes,
    ),
]
HowFused = Annotated[
    Fusion,
    option(
        "--fusion",
        en="Reciprocal ranks, weighted scores, or one search alone.",
        zh="倒数排名、加权得分，或只用一种检索。",
    ),
]


@dataclass(frozen=True)
class Search:
    """What is looked for, and where."""

    index: IndexFolder = None
    what: Annotated[
        What,
        option(
            "--what",
            en="Formulas that fit, similar cases, or related entities.",
            zh="合适的方剂、相似病案，或相关的病、证、方、药。",
        ),
    ] = What.formulas
    query: Annotated[
        str | None,
        option(
            "--query",
            en="Search for this text instead of reading records.",
            zh="检索此文本，不读记录。",
            metavar="TEXT",
        ),
    ] = None
    top: Annotated[
        int,
        option(
            "--top",
            en="How many; of each kind for --what graph.",
            zh="给出几个；--what graph 为每类几个。",
            min=1,
            max=1000,
        ),
    ] = 3


@dataclass(frozen=True)
class Ranking:
    """How what is found is put in order."""

    fusion: HowFused = Fusion.rrf
    single_stage: Annotated[
        bool,
        option(
            "--single-stage",
            en="No filter by syndrome, nothing but the words: the baseline.",
            zh="不按证候过滤，只看文字：基线。",
        ),
    ] = False
    bm25: Annotated[
        Bm25, option("--bm25", en="The built index, or rank-bm25 as reference.", zh="已建索引，或以 rank-bm25 为参照。")
    ] = Bm25.bm25s
    classify: Annotated[
        bool,
        option(
            "--classify",
            en="Where a record names no syndrome, let tcm classify's engine name the likeliest.",
            zh="记录没有证候时，由 tcm classify 的引擎给出最可能的证候。",
        ),
    ] = False


@with_pipe(spreads=True)
def retrieve(pipe: Pipe, search: Search, ranking: Ranking, embed: Embed = None, base_url: BaseUrls = None) -> int:
    """Run the retriever over the inputs, or on one text."""
    from tcmkit.retrieve import Settings, finder_of

    if search.what is What.cases and search.index is None:
        build = "tcm retrieve index FILE --what cases -o INDEX"
        raise UsageError(
            both(
                f"--what cases needs an index of cases: {build}, then --index INDEX",
                f"--what cases 需要病案索引：先 {build}，再加 --index INDEX",
            )
        )
    if ranking.classify and search.what is not What.formulas:
        raise UsageError(both("--classify is for --what formulas", "--classify 只用于 --what formulas"))
    refuse_unused_addresses((embed,), base_url or ())
    settings = Settings(
        index=search.index,
        top=search.top,
        fusion=ranking.fusion.value,
        single_stage=ranking.single_stage,
        bm25=ranking.bm25.value,
        what=search.what.value,
        embed=embedding_model(embed, base_url),
        classify=ranking.classify,
    )
    if search.query is None:
        return pipe.run_steps("retrieve", partial(finder_of, settings))
    if pipe.options.inputs:
        raise UsageError(both("give --query or files, not both", "--query 与文件只能给其一"))
    return pipe.run_one("retrieve", partial(finder_of, settings), {"query": search.query})
