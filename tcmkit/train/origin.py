"""What a model comes from, for the head of its card: the base's name on a hub, its licence, the data's language."""

import re
from pathlib import Path
from typing import Any

from tcmkit.jsonl import codec
from tcmkit.records import Record

from .settings import Job

_IN_CACHE = re.compile(r"models--([\w.-]+?)--([\w.-]+)")
_LICENCE = re.compile(r"\A---\n(?:(?!---\n).*\n)*?license:\s*[\"']?([\w.-]+)")
_HAN = re.compile("[\u3400-\u9fff]")


def origin(job: Job, first: Record | None) -> dict[str, str]:
    """`base_model` (empty when only a folder is known: a hub takes no path), `licence` and `language`.

    The licence is what the base's own card names, else "unknown"; the language that of the first example, zh or en.
    """
    text = codec.dump(first).decode("utf-8") if first else ""
    return {
        "base_model": _hub_name(job),
        "licence": _licence(Path(job.folder) / "README.md"),
        "language": "zh" if _HAN.search(text) else "en",
    }


def _hub_name(job: Job) -> str:
    """OWNER/NAME, as the cache of the hub has it in its folders' names."""
    cached = _IN_CACHE.search(job.folder)
    return f"{cached[1]}/{cached[2]}" if cached else ""


def _licence(card: Path) -> str:
    try:
        named = _LICENCE.match(card.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        named = None
    return named[1] if named else "unknown"


def header(found: dict[str, Any]) -> list[str]:
    """The lines of YAML for it."""
    base = [f"base_model: {found['base_model']}"] if found["base_model"] else []
    return [*base, f"license: {found['licence']}", f"language: {found['language']}"]
