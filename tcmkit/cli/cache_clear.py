"""`tcm cache clear`: forget every reply."""

from tcmkit.cli.cache_prune import forget
from tcmkit.cli.cache_stats import CacheFile
from tcmkit.cli.options import Language

DETAILS = (
    "Every reply in the file is forgotten, of all engines. A run under way goes on and writes into it again.",
    "清除文件中所有引擎的全部回答。正在进行的运行不受影响，会继续写入。",
)
EXAMPLE = "tcm cache clear --cache old.sqlite"


def cache_clear(cache: CacheFile = None, lang: Language = None) -> int:
    """Forget everything; say how much it was."""
    return forget(cache, float("inf"), None)
