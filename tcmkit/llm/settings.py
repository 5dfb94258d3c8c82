"""What an engine and a run with a model are told."""

from dataclasses import dataclass, field
from pathlib import Path

from tcmkit.llm.protocol import Sampling
from tcmkit.llm.usage import Price


@dataclass(frozen=True)
class EngineSettings:
    """What engines need beyond their name."""

    base_urls: tuple[str, ...] = ()
    """Addresses of servers; OPENAI_BASE_URL when none is given."""
    timeout: float = 120.0
    """Seconds for one reply of a server, from the first byte sent to the last received; no limit for local engines."""
    adapter: str | None = None
    """Folder of a LoRA adapter, for hf:"""
    context: int = 4096
    """Tokens of prompt and reply together, for gguf:"""
    threads: int | None = None
    """Threads, for gguf: on the CPU; every core when None."""


@dataclass(frozen=True)
class ModelOptions:
    """What every verb with a model is told by the options they share."""

    specs: tuple[str, ...] = ("rules",)
    """The engines by name, `openai:MODEL` and so on; most verbs take one."""
    engine: EngineSettings = field(default_factory=EngineSettings)
    sampling: Sampling = field(default_factory=Sampling)
    concurrency: int = 16
    """Most requests in flight."""
    retries: int = 5
    """Further tries of a call that may go better later."""
    cache: Path | None = None
    """The call cache; None keeps nothing."""
    prompt: str | None = None
    """A file to use in place of the task's own prompt."""
    keep_thinking: bool = False
    """Keep what the model thought, in the field `thinking` of each record."""
    estimate: bool = False
    """Count tokens, and money with a price, and call nothing."""
    price: Price | None = None
    max_tokens_total: int | None = None
    """Stop reading when so many tokens are used."""

    @property
    def spec(self) -> str:
        """The one engine of most verbs."""
        return self.specs[0]

    @property
    def speaker(self) -> str:
        """The one engine of most verbs, as records name it."""
        return self.speakers[0]

    @property
    def speakers(self) -> tuple[str, ...]:
        """The engines by name, for records: of a file only the file's own name, not where this user keeps it."""
        return tuple(map(_speaker, self.specs))

    @property
    def is_rules(self) -> bool:
        """Whether no model is asked at all."""
        return self.specs == ("rules",)


def _speaker(spec: str) -> str:
    kind, colon, name = spec.partition(":")
    return f"{kind}{colon}{Path(name).name}" if Path(name).exists() else spec
