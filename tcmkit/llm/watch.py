"""An eye on a run in which nearly everything fails."""

from collections import Counter, deque

from tcmkit.errors import TcmError
from tcmkit.language import both

_LAST, _FEWEST, _SHARE = 50, 20, 0.95


class Watch:
    """Looks at the last 50 records that asked the model; ends the run when 95 in 100 failed: it only costs money."""

    def __init__(self) -> None:
        self._last: deque[str | None] = deque(maxlen=_LAST)

    def saw(self, reason: str | None) -> None:
        """A record ended, with the reason for its rejection or with none. Raises TcmError when it is enough."""
        self._last.append(reason)
        failed = [why for why in self._last if why]
        if len(self._last) < _FEWEST or len(failed) < _SHARE * len(self._last):
            return
        reasons = ", ".join(f"{why} {count}" for why, count in Counter(failed).most_common(3))
        seen = len(self._last)
        raise TcmError(
            both(
                f"stopped: {len(failed)} of the last {seen} records failed ({reasons}); mend the server or choose"
                " another model, then run again: what is done costs nothing",
                f"已停止：最近 {seen} 条中有 {len(failed)} 条失败（{reasons}）；"
                "请修复服务或更换模型后重新运行，已完成的不再计费",
            )
        )
