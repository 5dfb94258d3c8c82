"""The report as one page of HTML, complete in itself, fit to print on A4. Whatever people said is escaped."""

from html import escape
from importlib.resources import files

from tcmkit import __version__
from tcmkit.consult.report import Report
from tcmkit.consult.report_blocks import Block, Section
from tcmkit.language import both, current


def page(report: Report) -> str:
    """The whole page."""
    style = files("tcmkit").joinpath("consult", "report.css").read_text(encoding="utf-8")
    language = "zh-CN" if current() == "zh" else "en"
    blanks = "".join(
        f"<span>{name}<i></i></span>"
        for name in (both("Name", "姓名"), both("Date", "日期"), both("Physician", "医师"))
    )
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>\n{style}{_at_the_edges(report)}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{escape(report.title)}</h1><p class="about">{escape(report.about)}</p>'
        f'<p class="notice">{escape(report.notice)}</p><p class="blanks">{blanks}</p></header>\n'
        + "\n".join(map(_section, report.sections))
        + f'\n<footer><p class="notice">{escape(report.notice)}</p><p>tcmkit {__version__}</p></footer>\n'
        "</main>\n</body>\n</html>\n"
    )


def _at_the_edges(report: Report) -> str:
    """What each printed page says at its edges, where the browser can: what it is, the notice, the page."""
    look = 'font: 8.5pt "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #5d636b;'
    title, notice = (_quoted(text) for text in (report.title, report.notice))
    return (
        f"@page {{ @top-left {{ content: {title}; {look} }} @bottom-left {{ content: {notice}; {look} width: 85%; }} "
        f'@bottom-right {{ content: counter(page) " / " counter(pages); {look} white-space: nowrap; }} }}\n'
        '@page :first { margin-top: 12mm; @top-left { content: ""; } }\n'
    )


def _quoted(text: str) -> str:
    """A string of CSS, which can end neither itself nor the style."""
    return (
        '"' + "".join(char if char.isalnum() or char in " ，。；：、" else f"\\{ord(char):x} " for char in text) + '"'
    )


def _section(section: Section) -> str:
    kind = ' class="appendix"' if section.is_appendix else ""
    return f"<section{kind}><h2>{escape(section.title)}</h2>{_blocks(section.blocks)}</section>"


def _blocks(blocks: tuple[Block, ...]) -> str:
    """Blocks in order; what belongs to a formula is held together."""
    made, is_open = [], False
    for block in blocks:
        if block.kind == "formula":
            made.append("</article>" * is_open + "<article>")
            is_open = True
        made.append(_block(block))
    return "".join(made) + "</article>" * is_open


def _block(block: Block) -> str:
    if block.kind == "rows":
        rows = (f"<div><dt>{escape(head)}</dt><dd>{_lines(said)}</dd></div>" for head, said in block.rows)
        return f"<dl>{''.join(rows)}</dl>"
    if block.kind == "items":
        return f'<ul class="warnings">{"".join(f"<li>{_lines(line)}</li>" for line in block.lines)}</ul>'
    form = {"alarm": '<p class="alarm">{}</p>', "formula": "<h3>{}</h3>", "soft": '<p class="soft">{}</p>'}
    return "".join(form.get(block.kind, '<p class="said">{}</p>').format(_lines(line)) for line in block.lines)


def _lines(words: str) -> str:
    return escape(words).replace("\n", "<br>")
