"""`tcm eval retrieve`: how high the right formulas stand."""

from functools import partial

from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.cli.retrieve import Fusion, HowFused, IndexFolder

DETAILS = (
    "Reads queries with the right formulas (formulas, formula or answer) and writes them with the rank of the best "
    "one, in two stages and in one. recall@1, 3, 10 and 50, MRR, nDCG@10 and the wins of two stages over one, with 95% "
    "intervals, stand in --summary.",
    "读入带正确方剂（formulas、formula 或 answer）的查询，写出时加上正确方剂在两阶段与单阶段中的最好名次。"
    "recall@1、3、10、50，MRR，nDCG@10，两阶段对单阶段的胜负及 95% 区间见 --summary。",
)
EXAMPLE = "tcm eval retrieve queries.jsonl --index INDEX --summary score.json > ranks.jsonl"


@with_pipe()
def eval_retrieve(pipe: Pipe, index: IndexFolder = None, fusion: HowFused = Fusion.rrf) -> int:
    """Score the retriever over the inputs."""
    from tcmkit.evaluate.retrieval import RetrievalScorer
    from tcmkit.retrieve import Settings

    return pipe.run_gathering("eval retrieve", partial(RetrievalScorer, Settings(index, fusion=fusion.value)))
