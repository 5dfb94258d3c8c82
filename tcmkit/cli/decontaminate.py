"""`tcm decontaminate`: no evaluation item in the training data."""

from functools import partial
from typing import Annotated

from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe

DETAILS = (
    "Drops training lines of any type that hold an item of the evaluation files: eval_exact (word for word but for "
    "punctuation, width, script and the order of options) or eval_overlap (about a word changed, or some options). "
    "--dropped FILE names the item's file, line and id for each.",
    "丢弃含有评测题的训练行（任何类型）：eval_exact（除标点、全半角、繁简、选项次序外逐字相同）或 eval_overlap"
    "（约改动一词，或只见部分选项）。--dropped FILE 逐条写明是哪个文件、哪一行、哪个 id 的题。",
)
EXAMPLE = "tcm decontaminate qa.jsonl --against exam.jsonl --dropped leaked.jsonl > clean.jsonl"


@with_pipe(spreads=True)
def decontaminate(
    pipe: Pipe,
    against: Annotated[
        list[str],
        option(
            "--against",
            en="Evaluation items: JSON Lines with question and options (or prompt, text). May be given again.",
            zh="评测题：含 question 与 options（或 prompt、text）的 JSON Lines。可多次给出。",
            metavar="FILE",
        ),
    ],
) -> int:
    """Run the comparison over the inputs."""
    from tcmkit.decontaminate import Decontaminator, Settings

    return pipe.beside(against).run_steps("decontaminate", partial(Decontaminator, Settings(tuple(against))))
