"""What a model said, as a section of its own: nobody may take it for what the tables say."""

from tcmkit.consult.report_blocks import Block, Section
from tcmkit.consult.session import Session
from tcmkit.language import both
from tcmkit.records import Record


def of_model(advice: Record, session: Session) -> Section:
    """The section; without blocks where no model had a part."""
    title = both("What the model said", "模型所言")
    asked = sum(1 for one in session.exchanges if one.by)
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
            both(f"{asked} of {len(session.exchanges)}", f"{len(session.exchanges)} 问中 {asked} 问"),
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
