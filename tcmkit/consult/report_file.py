"""The report as a file that only its owner may read."""

import json
from pathlib import Path

from tcmkit.consult.report import Report
from tcmkit.consult.report_html import page
from tcmkit.consult.report_text import markdown
from tcmkit.consult.session import write_private
from tcmkit.errors import UsageError
from tcmkit.language import both


def _as_json(report: Report) -> str:
    return json.dumps(report.data, ensure_ascii=False, indent=1) + "\n"


_FORMS = {".html": page, ".md": markdown, ".json": _as_json}


def check_name(path: Path) -> None:
    """Raise UsageError for a name whose ending says no form, or whose folder is not there."""
    if path.suffix.lower() not in _FORMS:
        raise UsageError(
            both(
                f"--report {path}: the name must end in .html, .md or .json",
                f"--report {path}：文件名须以 .html、.md 或 .json 结尾",
            )
        )
    if not path.parent.is_dir():
        raise UsageError(both(f"--report {path}: there is no such folder", f"--report {path}：没有这个文件夹"))


def write_report(report: Report, path: Path) -> None:
    """Write the report in the form that its name asks for. Raises OutputError."""
    write_private(path, _FORMS[path.suffix.lower()](report).encode("utf-8", "replace"))
