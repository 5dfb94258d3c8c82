"""What a run used, what the cache saved, and what it may cost."""

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tcmkit.llm.protocol import Usage


class Price(NamedTuple):
    """Money for a million tokens, in whatever currency the user thinks in."""

    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        """What these tokens cost."""
        return (usage.prompt * self.prompt + usage.completion * self.completion) / 1e6


@dataclass
class Meter:
    """Counts of a run."""

    used: Usage = field(default_factory=Usage)
    saved: Usage = field(default_factory=Usage)
    """Tokens of replies that came from the cache, or from the same call made once for several records."""
    calls: int = 0
    """Calls that a model answered, repairs included."""
    cached: int = 0
    repairs: int = 0
    """Answers that would not do, and were asked for again."""
    retries: int = 0
    """Tries that failed and were tried again."""
    started: float = field(default_factory=time.monotonic)

    def summary(self, price: Price | None) -> dict[str, Any]:
        """For --summary."""
        seconds = max(time.monotonic() - self.started, 1e-9)
        return {
            "tokens": {"prompt": self.used.prompt, "completion": self.used.completion},
            "tokens_saved_by_cache": {"prompt": self.saved.prompt, "completion": self.saved.completion},
            "tokens_per_second": round(self.used.completion / seconds, 1),
            "calls": {
                "made": self.calls,
                "from_cache": self.cached,
                "repairs": self.repairs,
                "retries": self.retries,
            },
            **({"tokens_estimated": True} if self.used.estimated else {}),
            **({"cost": round(price.of(self.used), 6)} if price else {}),
        }


def rough_tokens(text: str) -> int:
    """Tokens of a text, when nobody counts: about 0.7 a Chinese character, 4 letters to one elsewhere.

    >>> rough_tokens("咳嗽痰黄"), rough_tokens("yellow sputum")
    (3, 4)
    """
    wide = sum(char > "\u2e7f" for char in text)
    return round(wide * 0.7 + (len(text) - wide) / 4 + 0.5)
