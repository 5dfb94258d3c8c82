"""The words that the table and the page show, in the language in force."""

from typing import Any

from tcmkit.language import both, current


def type_name(type_: str) -> str:
    """A type of line, for people."""
    names = {
        "document": both("documents", "文档"),
        "case": both("cases", "病案"),
        "qa": both("question–answer pairs", "问答对"),
        "exam": both("exam items", "考题"),
        "preference": both("preference tuples", "偏好组"),
    }
    return names[type_]


def role_name(role: str) -> str:
    """A text of a line, for people."""
    names = {
        "question": both("question", "问题"),
        "options": both("options", "选项"),
        "answer": both("answer", "回答"),
        "chosen": both("chosen answer", "优选回答"),
        "rejected": both("rejected answer", "劣选回答"),
        "document": both("document", "文档"),
        "case": both("case record", "病案"),
    }
    return names[role]


def domain_name(domain: str) -> str:
    """A domain, for people."""
    return both("Chinese medicine", "中医") if domain == "tcm" else both("general medicine", "一般医学")


def named(row: dict[str, Any]) -> str:
    """The name of a row that has one in both languages."""
    name: str = row["name"][current()]
    return name


def number(value: float) -> str:
    """12,345 as it is read."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def percent(share: float) -> str:
    """12.3%."""
    return f"{share:.1%}"


def source_name(name: str) -> str:
    """A source, or that it has no name."""
    return name or both("(no source named)", "（未注明来源）")


def domain_rule() -> str:
    """How TCM and general are told apart, in a sentence."""
    return both(
        "Chinese medicine is told from general medicine by the line's own field `domain`, else by the words of the "
        "field in its text: terms and formulas count 1, herbs and acupoints ½, each once; 1 is enough (½ under "
        "100 characters), a long text needs 1 for every 600 characters (at most 5).",
        "中医与一般医学之分：以行内 domain 字段为准；没有则看文本中的专业词：术语、方名计 1，药名、穴名计 ½，"
        "各计一次；满 1 即为中医（不足 100 字者满 ½），长文每 600 字须满 1（至多 5）。",
    )


def duplicates_note(duplicates: dict[str, Any]) -> str:
    """How many texts had been seen before."""
    note = f"{number(duplicates['records'])} ({percent(duplicates['share'])})"
    return note if duplicates["exact"] else note + both(", estimated from a sample", "，由样本估计")


def source_columns(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Headings of the table of sources, the first over their names; and the fields of a source under the others."""
    heads = [
        "",
        both("lines", "行"),
        both("characters", "字符"),
        both("questions", "问题"),
        both("choice", "选择题"),
        both("tuples", "偏好组"),
    ]
    names = ["records", "characters", "questions", "choice", "tuples"]
    if "tokens" in report:
        return [*heads, both("tokens", "词元")], [*names, "tokens"]
    return heads, names
