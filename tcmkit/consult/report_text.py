"""The report as Markdown, and as plain text for the terminal."""

import re

from tcmkit.consult.report import Report
from tcmkit.consult.report_blocks import Block, Section
from tcmkit.consult.terminal_reader import Style
from tcmkit.language import both

_LONGEST = 300
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def text(report: Report, to_go_on: str = "") -> list[tuple[str, Style]]:
    """Lines for the terminal, each with its style: red flags before anything else, no appendix.

    `to_go_on` says below the red flags how a practitioner goes on after one.
    """
    shown = [section for section in report.sections if not section.is_appendix]
    urgent, rest = (shown[:1], shown[1:]) if report.red_flag else ([], shown)
    lines = [line for section in urgent for line in _plain_section(section)]
    lines += [("  " + to_go_on, "question")] if urgent and to_go_on else []
    lines += [("", ""), (report.title, "title"), (report.about, "soft")]
    lines += [line for section in rest for line in _plain_section(section)]
    return [*lines, ("", ""), (report.notice, "question")]


def _plain_section(section: Section) -> list[tuple[str, Style]]:
    lines = [line for block in section.blocks for line in _plain(block)]
    return [("", ""), (section.title, "title"), *lines]


def _plain(block: Block) -> list[tuple[str, Style]]:
    if block.kind == "rows":
        return [(f"  {head}{both(': ', '：')}{_shortly(' '.join(said.split()))}", "") for head, said in block.rows]
    if block.kind == "items":
        return [(f"  - {line}", "") for line in block.lines]
    style: Style = {"alarm": "alarm", "formula": "question", "soft": "soft"}.get(block.kind, "")  # type: ignore[assignment]
    return [("  " + line, style) for line in block.lines]


def _shortly(said: str) -> str:
    """What was said, cut where it fills the screen: it was typed there."""
    if len(said) <= _LONGEST:
        return said
    return said[:_LONGEST] + both(
        f"… ({len(said)} characters; all with --report)", f"……（共 {len(said)} 字，全文见 --report）"
    )


def markdown(report: Report) -> str:
    """The whole report as Markdown. What people said is escaped."""
    parts = [f"# {report.title}", _escaped(report.about)]
    for section in report.sections:
        parts += [f"## {section.title}", *_marked(section)]
    return "\n\n".join([*parts, "---", f"**{report.notice}**"]) + "\n"


def _marked(section: Section) -> list[str]:
    return [part for block in section.blocks for part in _marked_block(block)]


def _marked_block(block: Block) -> list[str]:
    if block.kind == "rows":
        rows = [f"- **{_escaped(head)}** {_escaped(' '.join(said.split()))}" for head, said in block.rows]
        return ["\n".join(rows)] if rows else []
    if block.kind == "items":
        return ["\n".join(f"- {_escaped(line)}" for line in block.lines)]
    form = {"alarm": "> **{}**", "formula": "### {}"}.get(block.kind, "{}")
    return [form.format(_escaped(line)) for line in block.lines]


def _escaped(words: str) -> str:
    """Words that Markdown shows as they are."""
    return _MARKUP.sub(r"\\\1", words)
