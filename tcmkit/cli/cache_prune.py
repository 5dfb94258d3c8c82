"""`tcm cache prune`: forget old replies, or those of one engine."""

import re
import time
from typing import Annotated

import typer

from tcmkit.cli.cache_stats import CacheFile, open_cache, path_of
from tcmkit.cli.options import Language, option
from tcmkit.errors import UsageError
from tcmkit.language import both

DETAILS = (
    "What is forgotten is paid for again when it is needed again. With both options, only what fits both goes.",
    "被清除的回答再次需要时会重新计费。两个选项同时给出时，只清除两者都符合的。",
)
EXAMPLE = "tcm cache prune --older-than 30d"

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def cache_prune(
    older_than: Annotated[
        str | None,
        option("--older-than", en="Older than this: 12h, 30d, 8w.", zh="早于此时长：12h、30d、8w。", metavar="AGE"),
    ] = None,
    engine: Annotated[
        str | None,
        option(
            "--engine",
            en="Only replies of this engine, by its name in tcm cache stats.",
            zh="只清除此引擎的回答，名称见 tcm cache stats。",
            metavar="NAME",
        ),
    ] = None,
    cache: CacheFile = None,
    lang: Language = None,
) -> int:
    """Forget replies; say how many."""
    if older_than is None and engine is None:
        raise UsageError(
            both(
                "say what to forget: --older-than 30d or --engine NAME; everything goes with  tcm cache clear",
                "请说明要清除什么：--older-than 30d 或 --engine 名称；全部清除用  tcm cache clear",
            )
        )
    before = time.time() - _age(older_than) if older_than else float("inf")
    return forget(cache, before, engine)


def forget(cache: str | None, before: float, engine: str | None) -> int:
    """Forget calls made before a time, and say how many."""
    path = path_of(cache)
    opened = open_cache(path)
    gone = 0
    if opened:
        known = [row.engine for row in opened.stats()]
        if engine is not None and engine not in known:
            names = ", ".join(known) or both("nothing", "无")
            raise UsageError(
                both(f"{path} holds no engine {engine}; it holds {names}", f"{path} 中没有引擎 {engine}；已有 {names}")
            )
        gone = opened.prune(before, engine)
        opened.close()
    print(both(f"{path}: {gone} replies forgotten", f"{path}：已清除 {gone} 个回答"))
    return 0


def _age(text: str) -> float:
    """Seconds in an age such as 30d."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text)
    if not match:
        raise typer.BadParameter(
            both(f"{text} is no age: write 12h, 30d or 8w", f"{text} 不是时长：请写作 12h、30d 或 8w")
        )
    return float(match[1]) * _SECONDS[match[2]]
