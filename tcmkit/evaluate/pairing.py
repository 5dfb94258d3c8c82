"""Two runs over the same things: what does not match."""

from tcmkit.errors import UsageError
from tcmkit.language import both


def mismatch(here: int, there: int, twice: int) -> str:
    """Why two runs cannot be compared: items only in this one (or twice in it), only in the other, twice in the other.

    Empty where all of them are 0.
    """
    if not (here or there or twice):
        return ""
    return both(
        f"--compare: not the same items: {here} are only here (or twice), {there} only there, {twice} twice there;"
        " give two runs over one file",
        f"--compare：题目不同：仅此处有（或重复）{here} 条，仅彼处有 {there} 条，彼处重复 {twice} 条；"
        "请给出同一文件的两次结果",
    )


def refuse(fault: str) -> None:
    """End a run whose comparison cannot be made; its lines are written all the same. Raises UsageError."""
    if fault:
        raise UsageError(fault)
