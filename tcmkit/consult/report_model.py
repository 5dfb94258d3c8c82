"""What a model said, as a section of its own: nobody may take it for what the tables say."""

from tcmkit.consult.report_blocks import Block, Section
from tcmkit.consult.session import Session
from tcmkit.language import both
from tcmkit.records import Record


def counts_of(session: Session) -> dict[str, int]:
    """How many questions the model asked, and how many the built-in engine in its place."""
    asked = sum(1 for one in session.exchanges if one.by)
    return {"model": asked, "built_in": len(session.exchanges) - asked}


def of_model(advice: Record, session: Session) -> Section:
    """The section; without blocks where no model had a part."""
    title = both("What the model said", "模型所言")
    asked, ours = counts_of(session).values()
    if not (session.team or asked or "model_syndrome" in advice or "model_advice" in advice):
        return Section(title, ())
    marked = both(
        "Written by a language model, which may be wrong. The warnings above hold whatever it says.",
        "以下由语言模型写成，可能有误；以上警示不因其所言而改变。",
    )
    syndrome, formula = advice.get("model_syndrome") or {}, advice.get("model_advice") or {}
    rows = [
        (both("Complaint, in its words", "主诉（模型概括）"), session.complaint),
        (
            both("Questions", "提问"),
            both(
                f"{asked} by the model, {ours} by the built-in engine in its place",
                f"模型提出 {asked} 问，内置引擎代提 {ours} 问",
            ),
        ),
        (both("Syndrome", "证型"), str(syndrome.get("syndrome", "")) or _failed(syndrome)),
        (both("For", "支持"), _quoted(syndrome.get("for", ()))),
        (both("Against", "不支持"), _quoted(syndrome.get("against", ()))),
        (both("Of the formulas", "方剂"), str(formula.get("formula", "")) or _failed(formula)),
        (both("Why", "理由"), str(formula.get("advice", ""))),
    ]
    kept = tuple(row for row in rows if row[1])
    return Section(title, (Block("soft", (marked,)), Block("rows", rows=kept)))


def _failed(said: Record) -> str:
    return (
        both(f"none that will do ({said['failed']})", f"无可用的回答（{said['failed']}）") if "failed" in said else ""
    )


def _quoted(words: list[str]) -> str:
    return both(", ", "、").join(f"“{one}”" for one in words)
