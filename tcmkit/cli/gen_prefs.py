"""`tcm gen-prefs`: preferences for training."""

from typing import Annotated

from tcmkit.cli.pipe import Pipe, option, with_pipe
from tcmkit.errors import UsageError
from tcmkit.language import both

DETAILS = (
    "Reads questions with grounded answers. The answer is chosen; the same answer with one planted error is rejected, "
    "and error says what was planted and what proves it wrong: a dose, an incompatible pair, the opposite syndrome, "
    "another herb, a missed red flag, a contradiction, a missing part. No model is needed.",
    "读入有依据的问答。原答案为优选；植入一处错误的同一答案为劣选，error 写明植入了什么、凭什么判错：剂量、配伍禁忌、"
    "相反证候、他药、漏判危险信号、自相矛盾、漏项。不需要模型。",
)
EXAMPLE = "tcm gen-qa documents.jsonl | tcm gen-prefs > prefs.jsonl"


@with_pipe()
def gen_prefs(
    pipe: Pipe,
    kinds: Annotated[
        str | None,
        option(
            "--kinds",
            en="Only these: dose, pair, syndrome, herb, red_flag, contradiction, missing_part.",
            zh="只用这些：dose、pair、syndrome、herb、red_flag、contradiction、missing_part。",
            metavar="A,B",
        ),
    ] = None,
    balance_length: Annotated[
        bool,
        option("--balance-length", en="No side is longer more often.", zh="使两方长度无偏。"),
    ] = False,
    llm: Annotated[
        str, option("--llm", en="The engine: rules, built in.", zh="引擎：rules，内置。", metavar="SPEC")
    ] = "rules",
) -> int:
    """Make the preferences."""
    from tcmkit.gen_prefs import KINDS, Settings, run_gen_prefs

    if llm != "rules":
        raise UsageError(both(f"--llm {llm}: gen-prefs has the engine rules", f"--llm {llm}：gen-prefs 只有引擎 rules"))
    chosen = tuple(kinds.split(",")) if kinds else KINDS
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        known = ", ".join(KINDS)
        raise UsageError(both(f"--kinds {unknown[0]}: choose from {known}", f"--kinds {unknown[0]}：可选 {known}"))
    return run_gen_prefs(Settings(pipe.options.seed, chosen, balance_length), pipe.options)
