"""The table of engines, and how one is made from its name."""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.llm.protocol import Engine
from tcmkit.llm.settings import EngineSettings

RULES = "rules"
ENGINES = {
    "openai": "tcmkit.llm.openai:OpenAI",
    "gguf": "tcmkit.llm.gguf:GGUF",
    "hf": "tcmkit.llm.hf:HF",
    "scripted": "tcmkit.llm.scripted:Scripted",
}
"""Kind of engine to "module:Class". The class takes what stands after the colon of the name, and EngineSettings."""

_NO_ADAPTER = frozenset(ENGINES) - {"hf"}

PLUGINS = "tcmkit.engines"
"""The entry point group in which other packages name engines of theirs."""


def kinds() -> dict[str, str]:
    """Every kind of engine, plugins included; our own names cannot be taken over."""
    plugins = {point.name: point.value for point in entry_points(group=PLUGINS)}
    return {**plugins, **ENGINES}


def split_spec(spec: str) -> tuple[str, str]:
    """Kind and name of an engine: `gguf:models/a.gguf` gives `gguf` and `models/a.gguf`.

    Raises UsageError for a kind that nobody knows; the message names the nearest.
    """
    kind, _, name = spec.partition(":")
    if spec == RULES or kind in kinds():
        return kind, name
    from rapidfuzz.process import extractOne

    known = [RULES, *(f"{each}:…" for each in kinds())]
    near = extractOne(kind, [each.rstrip(":…") for each in known], score_cutoff=60)
    of_file = _kind_of_file(spec)
    meant = f"{of_file}:{spec}" if of_file else near[0] if near else f"openai:{spec}"
    hint = both(f"; did you mean {meant}?", f"；是不是 {meant}？")
    listed = ", ".join(known)
    raise UsageError(both(f"no engine {kind}: choose from {listed}{hint}", f"没有引擎 {kind}：可选 {listed}{hint}"))


def _kind_of_file(name: str) -> str:
    """The kind of engine that a file or folder is for; empty for another name."""
    if Path(name).is_dir():
        return "hf"
    return {".gguf": "gguf", ".jsonl": "scripted"}.get(Path(name).suffix, "")


def sent_to(spec: str, engine: Engine) -> str:
    """The address that an engine sends what it is asked to; empty where nothing leaves the machine.

    Of an engine that another package brings nobody knows, so its name is given.
    """
    kind, _ = split_spec(spec)
    if kind == "openai":
        return str(getattr(engine, "url", spec))
    return "" if kind in ENGINES else spec


def make_engines(specs: Sequence[str], settings: EngineSettings) -> tuple[Engine, ...]:
    """The engines of a run.

    Raises as `make_engine`, and UsageError for an adapter that none of them takes: it would silently do nothing.
    """
    if settings.adapter and all(split_spec(spec)[0] in _NO_ADAPTER for spec in specs):
        raise UsageError(both("--adapter is for hf: alone", "--adapter 只用于 hf:"))
    return tuple(make_engine(spec, settings) for spec in specs)


def make_engine(spec: str, settings: EngineSettings) -> Engine:
    """The engine of that name.

    Raises UsageError for a name that none can use, MissingExtra when its packages are not installed.
    """
    kind, name = split_spec(spec)
    if kind == RULES:
        raise UsageError(both("the rules engine is no language model", "rules 引擎不是语言模型"))
    module, _, attribute = kinds()[kind].partition(":")
    engine: Engine = getattr(import_module(module), attribute)(name, settings)
    return engine
