"""Manual pages in both languages, from the same commands that `--help` prints.

    python tools/manpages.py LANG       print {file name: page} as JSON; LANG is en or zh

A language is chosen when the verbs are imported, so each needs a process of its own.
"""

import json
import os
import re
import sys
from typing import Any

if __name__ == "__main__":
    os.environ["TCM_LANG"] = sys.argv[1]  # before the help texts are chosen

import typer

from tcmkit import __version__
from tcmkit.cli.app import VERBS, app, command_of
from tcmkit.language import both

ENVIRONMENT = (
    ("TCM_LANG", both("Language of messages, en or zh; the locale otherwise.", "消息语言 en 或 zh；缺省依区域设置。")),
    ("OPENAI_BASE_URL", both("Address for openai: when --base-url is absent.", "未给 --base-url 时 openai: 的地址。")),
    ("OPENAI_API_KEY", both("Key for openai: addresses.", "openai: 地址的密钥。")),
)
STATUSES = (
    ("0", both("Done.", "完成。")),
    ("1", both("Failed; one line says what to do.", "失败；有一行说明该怎么办。")),
    ("2", both("Wrong usage.", "用法错误。")),
    ("3", both("Done, but some records were rejected.", "完成，但有记录被拒收。")),
    ("130", both("Stopped by Ctrl-C.", "被 Ctrl-C 中断。")),
)


def escaped(text: str) -> str:
    """Text as troff prints it unchanged.

    >>> escaped("--jobs") + escaped(".5")
    '\\\\-\\\\-jobs\\\\&.5'
    """
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub("([，。；：、）])", r"\1\\:", text)  # where a Chinese line may be broken
    return "\\&" + text if text[:1] in (".", "'") else text


def items(pairs: Any) -> list[str]:
    """A list of names with what they mean."""
    return [
        line for name, meaning in pairs for line in (".TP", f".B {escaped(name)}", escaped(" ".join(meaning.split())))
    ]


def paragraphs(text: str) -> list[str]:
    """The long help: paragraphs, and examples (marked by a backspace) with their lines kept."""
    lines: list[str] = []
    for block in text.split("\n\n"):
        if block.startswith("\b\n"):
            lines += [".PP", ".nf", *(escaped(line) for line in block[2:].splitlines()), ".fi"]
        else:
            lines += [".PP", escaped(" ".join(block.split()))]
    return lines


def heading(name: str, purpose: str) -> list[str]:
    """The title line and the NAME section, by which `apropos` finds the page."""
    return [
        f'.TH "{name.upper()}" 1 "" "tcmkit {__version__}" "tcmkit"',
        '.SH "NAME"',
        f"{escaped(name)} \\- {purpose}",
    ]


def closing(others: list[str]) -> list[str]:
    """What every page ends with."""
    also = ", ".join(f"\\fB{escaped(name)}\\fR(1)" for name in others)
    return [
        f'.SH "{both("EXIT STATUS", "退出状态")}"', *items(STATUSES),
        f'.SH "{both("ENVIRONMENT", "环境变量")}"', *items(ENVIRONMENT),
        f'.SH "{both("SEE ALSO", "参见")}"', also,
    ]  # fmt: skip


def page_of(verb: str) -> str:
    """The page of one verb."""
    command = command_of(verb)
    context = command.make_context(f"tcm {verb}", [], resilient_parsing=True)
    records = [record for parameter in command.get_params(context) if (record := parameter.get_help_record(context))]
    records = [(name.partition(" <")[0], meaning) for name, meaning in records]  # FILE, not FILE <list[str]>
    usage = command.get_usage(context).partition(":")[2]
    purpose, _, rest = command.help.partition("\n\n")
    lines = [
        *heading(page_name(verb), escaped(purpose.rstrip(".。"))),
        f'.SH "{both("SYNOPSIS", "用法")}"', f".B {escaped(' '.join(usage.split()))}",
        f'.SH "{both("DESCRIPTION", "说明")}"', *paragraphs(rest)[1:],
        f'.SH "{both("OPTIONS", "选项")}"', *items(records),
        *closing(["tcm", *(page_name(other) for other in VERBS if _kin(other, verb))]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _kin(other: str, verb: str) -> bool:
    return other != verb and other.partition(" ")[0] == verb.partition(" ")[0]


def page_name(verb: str) -> str:
    """Its name for `man`.

    >>> page_name("retrieve index")
    'tcm-retrieve-index'
    """
    return "tcm-" + verb.replace(" ", "-")


def program_page() -> str:
    """The page of `tcm` itself: what it is for, and its verbs."""
    purpose, _, rest = str(typer.main.get_command(app).help).partition("\n\n")
    lines = [
        *heading("tcm", escaped(purpose.rstrip(".。"))),
        f'.SH "{both("SYNOPSIS", "用法")}"', ".B tcm \\fIVERB\\fR [\\fIOPTIONS\\fR] [\\fIFILE\\fR]...",
        f'.SH "{both("DESCRIPTION", "说明")}"', *paragraphs(rest)[1:],
        f'.SH "{both("VERBS", "子命令")}"', *items((name, verb.purpose) for name, verb in VERBS.items()),
        *closing([page_name(verb) for verb in VERBS]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {"tcm.1": program_page(), **{f"{page_name(verb)}.1": page_of(verb) for verb in VERBS}}


if __name__ == "__main__":
    json.dump(pages(), sys.stdout, ensure_ascii=False)
