"""The page of a trained model's folder: JSON that says which engine made it, and for which labels."""

import json
from pathlib import Path
from typing import Any

from tcmkit import __version__
from tcmkit.errors import InputError
from tcmkit.language import both
from tcmkit.records import Record

PAGE = "model.json"
_KIND = "tcmkit classify "


def write_page(folder: Path, engine: str, format_: int, what: Record) -> None:
    """Write the page of a model of that engine. Raises OSError."""
    page = {"kind": _KIND + engine, "format": format_, "tcmkit": __version__, **what}
    (folder / PAGE).write_text(json.dumps(page, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def engine_of(folder: str) -> tuple[str, dict[str, Any]]:
    """The engine that a folder is for, and its page. Raises InputError for a folder that holds no model."""
    try:
        page = json.loads((Path(folder) / PAGE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        page = None
    kind = page.get("kind") if isinstance(page, dict) else None
    if not isinstance(kind, str) or not kind.startswith(_KIND):
        raise refused(folder, "holds no model", "中没有模型")
    return kind.removeprefix(_KIND), page


def check_format(folder: str, page: dict[str, Any], format_: int) -> None:
    """Raise InputError for a page that another version wrote."""
    if page.get("format") != format_:
        raise refused(folder, "was made by another version", "由其他版本训练")


def refused(folder: str, english: str, chinese: str) -> InputError:
    """The one line for a folder that cannot be used."""
    again = f"tcm classify fit DATA -o {folder}"
    return InputError(both(f"{folder} {english}; train it: {again}", f"{folder} {chinese}；请重新训练：{again}"))
