"""What a consultation comes to, as a report: its parts in order, whatever they are written down as.

Nothing is added to what was said and found. What is unknown is called unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tcmkit.consult import glosses
from tcmkit.consult.advice import NOTICE, by_examination
from tcmkit.consult.answers import is_unknown, understand
from tcmkit.consult.chart import dimensions
from tcmkit.consult.choosing import LIKELY
from tcmkit.consult.loop import Consultation
from tcmkit.consult.report_blocks import Block, Section
from tcmkit.consult.report_formulas import section_blocks, source_lines
from tcmkit.consult.report_model import counts_of, of_model
from tcmkit.consult.session import Session
from tcmkit.consult.terminal_facts import unknown_medicines
from tcmkit.consult.terminal_words import (
    EXAMINATIONS,
    dimension_name,
    how_sure,
    kin_of,
    kind_in_words,
    meter,
    suspects,
)
from tcmkit.language import both, current
from tcmkit.records import Record
from tcmkit.safety import patient_of

_UNSEEN = ("complexion_form", "tongue", "pulse", "listening_smelling")


Conclude = Callable[[Record, Consultation], Record]


@dataclass(frozen=True)
class Report:
    """The whole of it."""

    title: str
    about: str
    notice: str
    red_flag: bool
    sections: list[Section] = field(default_factory=list)
    data: Record = field(default_factory=dict)
    """The same for programs."""


def report(consultation: Consultation, session: Session, conclude: "Conclude | None" = None) -> Report:
    """The report of a consultation that has ended; `conclude` is asked what a model adds to the advice."""
    transcript = consultation.transcript()
    advice: Record = transcript["advice"] or {}
    if advice and conclude:
        advice |= conclude(advice, consultation)
    flagged = consultation.ended == "red_flag"
    alarms = _red_flags(consultation)
    counts = {"asked_by": counts_of(session)} if session.team else {}
    sections = [
        alarms,
        _patient(session),
        _record(consultation, session),
        *(
            []
            if flagged
            else [_syndrome(advice), _formulas(advice, session), _sources(advice), of_model(advice, session)]
        ),
        _not_asked(consultation, session),
        _said(session),
    ]
    return Report(
        both("Record of a consultation", "问诊记录"),
        _about(consultation, session, advice),
        NOTICE[current()],
        bool(alarms.blocks),
        [section for section in sections if section.blocks],
        {"session": session.model_dump(mode="json"), "consultation": transcript | counts},
    )


def _about(consultation: Consultation, session: Session, advice: Record) -> str:
    who = (
        both("told by the patient alone", "患者自述")
        if session.role == "self"
        else both("led by a practitioner", "医师问诊")
    )
    count = len(session.exchanges)
    ended = {
        "sufficient": _sufficient(advice.get("syndrome") or {}),
        "unclear": both(
            "nothing left to ask, and most of it was not clear to the person asked", "可问的都已问过，但患者多不清楚"
        ),
        "rounds": both("the most questions were reached", "已到最多问数"),
        "patient": both("ended by the person asked", "应答者结束"),
        "red_flag": both("stopped at a red flag", "因危险信号停止"),
    }.get(consultation.ended, "")
    questions = "1 question" if count == 1 else f"{count} questions"
    return both(f"{who}; {questions}; {ended}", f"{who}；{count} 问；{ended}")


def _sufficient(found: Record) -> str:
    """That nothing is left to ask, and whether it was enough."""
    if found.get("abstained") or float(found.get("score") or 0.0) < LIKELY:
        return both("nothing left that is worth asking, yet too little to be sure", "可问的都已问过，但不足以确定证型")
    return both("nothing left that is worth asking", "已问足")


def _red_flags(consultation: Consultation) -> Section:
    flags = {turn["text"]: turn["source"] for turn in consultation.turns if turn["role"] == "red_flag"}
    blocks = [
        block
        for text, source in flags.items()
        for block in (Block("alarm", (text,)), Block("soft", (both("Source: ", "出处：") + source,)))
    ]
    return Section(both("Red flag: see a doctor now", "危险信号：请立即就医"), tuple(blocks))


def _patient(session: Session) -> Section:
    unknown = both("unknown", "未知")
    facts = session.facts
    rows = [
        (both("Age", "年龄"), facts.get("age", unknown)),
        (both("Sex", "性别"), facts.get("sex", unknown)),
        (both("Pregnancy", "妊娠"), facts.get("pregnant") or both("unknown, not checked for", "未知，未能核对")),
        (
            both("Medicines", "用药"),
            facts.get("medications")
            or both("unknown: interactions were not checked", "未知，未能核对与药物的相互作用"),
        ),
    ]
    if patient_of(dict(facts)).sex == "male" and "pregnant" not in facts:
        rows.pop(2)
    if names := unknown_medicines(facts.get("medications", "")):
        rows.append((both("Not checked", "未核对的药"), both(f"{names}: not in the tables", f"{names}（表中没有）")))
    told = [
        one.answer
        for one in session.exchanges
        if one.dimension == "history" and one.answer and _says_something(one.answer, one.named)
    ]
    words = ((both("Complaint", "主诉"), session.opening), (both("History, as told", "既往（原话）"), "；".join(told)))
    return Section(both("Patient", "患者"), (Block("rows", rows=(*rows, *(row for row in words if row[1]))),))


def _says_something(answer: str, named: Sequence[str]) -> bool:
    """Whether an answer about the history is more than a don't know or a number that stands for nothing."""
    found = understand(answer, "history", tuple(named))
    return not is_unknown(answer) and (found.how != "unknown" or bool(found.statement))


def _record(consultation: Consultation, session: Session) -> Section:
    named = {row["name_zh"]: name for name, row in dimensions().items()}
    known = glosses.of_findings(consultation.chart) if current() == "en" else {}
    rows = [
        (
            " · ".join(dict.fromkeys((both(*EXAMINATIONS[examination]), dimension_name(named[name])))),
            both(", ", "，").join(glosses.finding(one, known) for one in said),
        )
        for examination, found in by_examination(consultation.chart, session.role).items()
        for name, said in found.items()
    ]
    nothing = Block("text", (both("Nothing was understood.", "没有听懂任何所见。"),))
    return Section(
        both("Record by the four examinations", "四诊记录"), (Block("rows", rows=tuple(rows)) if rows else nothing,)
    )


def _syndrome(advice: Record) -> Section:
    found = advice.get("syndrome") or {}
    rows = suspects(found)
    title = both("Syndrome and principle", "辨证与治法")
    if not rows:
        return Section(title, (Block("text", (how_sure(0.0, True),)),))
    name, score = rows[0]
    why = found.get("why") or {}
    pairs = [(both("For", "支持"), _quoted(why.get("for", ())))]
    if kin := kin_of(found):
        first = kind_in_words(kin)
    elif found.get("abstained"):
        first = how_sure(score, True)
    else:
        sure = how_sure(score, False)
        said = glosses.syndrome(name)
        first = both(f"{said} ({score:.0%}, {sure})", f"{said}（{score:.0%}，{sure}）")
        others = both(", ", "、").join(f"{glosses.syndrome(other)} {share:.0%}" for other, share in rows[1:])
        pairs += [
            (both("Against", "不支持"), _quoted(why.get("against", ())) or both("nothing that was said", "所述中没有")),
            (both("Illness", "病名"), both(", ", "、").join(str(one["name"]) for one in why.get("disease", ()))),
            (both("Also possible", "也可能是"), others),
            (both("Principle", "治法"), str(advice.get("principle") or "")),
        ]
    kept = tuple((head, text) for head, text in pairs if text)
    return Section(title, (Block("text", (first,)), Block("rows", rows=kept)))


def _quoted(reasons: list[Record]) -> str:
    """Signs, each with the words that it was read from where they differ."""
    return both(", ", "、").join(glosses.sign(one["text"], one["sign"]) for one in reasons)


def _formulas(advice: Record, session: Session) -> Section:
    blocks = list(section_blocks(advice.get("formulas", ())))
    title = both("The closest formulas, for the practitioner", "相近方剂（供医师参考）")
    if blocks:
        blocks.insert(0, ("soft", (_searched(int(advice.get("searched") or 0)),), ()))
    if session.role == "self" and blocks:
        blocks.insert(0, ("soft", (_for_a_patient(),), ()))
    nothing = Block("text", (both("None: too little was understood.", "无：所知太少。"),))
    first = [Block("alarm", (one["message"],)) for one in advice.get("before_formulas", ())]
    return Section(title, (*first, *([Block(kind, lines, rows) for kind, lines, rows in blocks] or [nothing])))


def _sources(advice: Record) -> Section:
    lines = source_lines(advice.get("formulas", ()))
    return Section(both("Sources of the warnings", "警示出处"), (Block("items", tuple(lines)),) if lines else ())


def _searched(count: int) -> str:
    """How large the table is: what is not in it cannot be among the closest."""
    return both(
        f"The closest of the package's {count} formulas; others may fit better.",
        f"选自自带方剂表的 {count} 首；表外或有更合适者。",
    )


def _for_a_patient() -> str:
    return both(
        "Whether one of these fits, and in which doses, a physician decides. Do not prepare or take them on your own.",
        "是否适用、用多少剂量，由医师面诊后决定；请勿自行配药服用。",
    )


def _not_asked(consultation: Consultation, session: Session) -> Section:
    found = meter(consultation)
    join = both(", ", "、")
    facts = {"age": both("age", "年龄"), "sex": both("sex", "性别")}
    rows = [
        (both("Not asked", "未问"), join.join(map(dimension_name, found.open))),
        (both("Asked, not clear", "问过但不清楚"), join.join(map(dimension_name, found.unclear))),
        (both("Unknown", "未知"), join.join(text for fact, text in facts.items() if fact not in session.facts)),
    ]
    if session.role == "self":
        unseen = [name for name in _UNSEEN if name != "tongue" and name not in found.answered]
        rows.append((both("Only face to face", "须当面诊察"), join.join(map(dimension_name, unseen))))
    return Section(both("What is not known", "尚未了解"), (Block("rows", rows=tuple(row for row in rows if row[1])),))


def _said(session: Session) -> Section:
    rows = tuple(
        (
            f"{number}. {exchange.text}{both(' (model)', '（模型）') if exchange.by else ''}",
            exchange.answer or both("(skipped)", "（跳过）"),
        )
        for number, exchange in enumerate(session.exchanges, 1)
    )
    blocks = (Block("rows", rows=rows),) if rows else ()
    return Section(both("Questions and answers", "问答"), blocks, is_appendix=True)
