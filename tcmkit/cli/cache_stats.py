"""`tcm cache stats`: what the call cache holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.options import Language, option
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm.cache import Cache

DETAILS = (
    "The call cache keeps each reply of a model, so that no finished call is paid for twice. It is one file, for its "
    "owner's eyes only: --cache, else TCM_CACHE, else ~/.cache/tcmkit/calls.sqlite.",
    "调用缓存保存模型的每个回答，已完成的调用不会再次计费。它是一个仅所有者可读写的文件："
    "--cache，否则 TCM_CACHE，否则 ~/.cache/tcmkit/calls.sqlite。",
)
EXAMPLE = "tcm cache stats --json | jq '.engines[].calls'"

CacheFile = Annotated[
    str | None, option("--cache", en="The call cache to look at.", zh="要查看的调用缓存文件。", metavar="FILE")
]


def cache_stats(
    cache: CacheFile = None,
    as_json: Annotated[bool, option("--json", en="One JSON object.", zh="输出一个 JSON 对象。")] = False,
    lang: Language = None,
) -> int:
    """Print what the cache holds, engine by engine."""
    from tcmkit.cli import show

    path = path_of(cache)
    opened = open_cache(path)
    held = opened.stats() if opened else []
    size = path.stat().st_size if opened else 0
    if opened:
        opened.close()
    if as_json:
        show.as_json({"file": str(path), "bytes": size, "engines": [row._asdict() for row in held]})
        return 0
    calls = sum(row.calls for row in held)
    print(both(f"{path}: {calls} replies, {show.size(size)}", f"{path}：{calls} 个回答，{show.size(size)}"))
    if held:
        names = both(
            "engine,replies,prompt tokens,reply tokens,oldest,newest", "引擎,回答,输入 token,输出 token,最早,最新"
        )
        rows = [(*row[:4], show.when(row.oldest), show.when(row.newest)) for row in held]
        show.as_table(names.split(","), rows)
    return 0


def path_of(named: str | None) -> Path:
    """The cache that the option names, or the usual one."""
    from tcmkit.llm.cache import default_path

    return Path(named) if named else default_path()


def open_cache(path: Path) -> "Cache | None":
    """The cache, or None where there is none: looking must not make one. Raises TcmError for another file."""
    from tcmkit.llm.cache import Cache

    return Cache(path) if path.exists() else None
