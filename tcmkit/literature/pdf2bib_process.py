"""Runs pdf2bib on one file and writes what it found beside it: `python -m tcmkit.literature.pdf2bib_process FILE`.

Only `lookup` starts this, on a copy of the paper in a folder that is thrown away.
"""

import builtins
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(path: Path) -> None:
    """Write FILE.json with the fields of the reference, or nothing when there is none."""
    _write_only_below(path.parent)
    import pdf2bib
    import pdf2doi

    for name in ("verbose", "websearch", "save_identifier_metadata"):
        pdf2doi.config.set(name, False)
    pdf2doi.config.set("webvalidation", True)  # the answer to this is where the reference comes from
    pdf2bib.config.set("verbose", False)
    pdf2bib.config.set("save_identifier_metadata", False)
    found = pdf2bib.pdf2bib(str(path))
    fields = (found or {}).get("metadata")
    if fields:
        path.with_suffix(".json").write_text(json.dumps(fields, ensure_ascii=False, default=str), encoding="utf-8")


def _write_only_below(folder: Path) -> None:
    """Let nothing be written elsewhere: the library keeps a settings file among its own code."""
    really_open = builtins.open

    def guarded(file: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        writes = isinstance(file, str | os.PathLike) and set(mode) & set("wax+")
        if writes and folder not in Path(file).resolve().parents:
            file = os.devnull
        return really_open(file, mode, *more, **options)

    builtins.open = guarded


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
