"""What the shell offers after `--llm`, `--index` and `--model` when Tab is pressed: the names of what is there."""

import os
from collections.abc import Iterator
from pathlib import Path

from tcmkit.language import both

_SUFFIXES = {"gguf:": ".gguf", "scripted:": ".jsonl"}


def specs(incomplete: str) -> list[tuple[str, str]]:
    """Engines, the models on this machine, and the files that a path begun leads to, each with a word about it."""
    from tcmkit.llm.engines import kinds
    from tcmkit.llm.found import found

    kind, colon, path = incomplete.partition(":")
    offers = [(f"{name}:", both("engine", "引擎")) for name in kinds()] + [("rules", both("built in", "内置"))]
    offers += [(model.spec, model.where) for model in found()]
    if colon and kind in ("gguf", "hf", "scripted"):
        offers += [(f"{kind}:{name}", "") for name in _paths(path, _SUFFIXES.get(kind + colon, ""))]
    return [(name, about) for name, about in dict(offers).items() if name.startswith(incomplete)]


def indexes(incomplete: str) -> list[str]:
    """Folders that `tcm retrieve index` made, and those on the way to them."""
    return _folders(incomplete, "manifest.json")


def fitted(incomplete: str) -> list[str]:
    """Folders that `tcm classify fit` made, and those on the way to them."""
    return _folders(incomplete, "model.json")


def _folders(incomplete: str, marker: str) -> list[str]:
    """Folders with the marker first; when there are none, all that could lead to one."""
    names = [name for name in _paths(incomplete, "") if name.endswith("/")]
    marked = [name.rstrip("/") for name in names if (Path(name).expanduser() / marker).is_file()]
    return marked or names


def _paths(incomplete: str, suffix: str) -> Iterator[str]:
    """What a path begun may become: folders, with a slash, and files of a kind; hidden ones only when asked for."""
    begun, slash, last = incomplete.rpartition("/")
    folder = Path(begun + slash or ".").expanduser()
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # not a folder that can be read: nothing to offer
    for entry in entries:
        if entry.name.startswith(last) and entry.name.startswith(".") == last.startswith("."):
            name = begun + slash + entry.name
            if entry.is_dir():
                yield name + "/"
            elif entry.name.endswith(suffix):
                yield name
