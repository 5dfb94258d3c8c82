"""What is said at the terminal beside the questions: meter, record, suspicion, reasons, hints."""

import re
from typing import NamedTuple

from tcmkit.consult import glosses
from tcmkit.consult.advice import by_examination
from tcmkit.consult.answers import is_no, is_unknown, is_yes, names_illness
from tcmkit.consult.asking import Question, relevant
from tcmkit.consult.chart import dimensions, understood
from tcmkit.consult.choosing import LIKELY
from tcmkit.consult.english import dangers, heard, in_chinese, is_english
from tcmkit.consult.kinds import of_one_kind
from tcmkit.consult.loop import Consultation
from tcmkit.consult.session import Session
from tcmkit.consult.terminal_commands import listed
from tcmkit.consult.wording import opening, stem_in_english, stem_of, wording
from tcmkit.language import both, current
from tcmkit.records import Record

_CHINESE = re.compile("[\u3400-\u9fff]")
_SAID = 4
SURE = 0.75
_SHOWN = 0.01
EXAMINATIONS = {
    "inquiry": ("Inquiry", "问诊"),
    "inspection": ("Inspection", "望诊"),
    "listening_smelling": ("Listening and smelling", "闻诊"),
    "palpation": ("Palpation", "切诊"),
}


class Meter(NamedTuple):
    """The Ten Questions by what is known: ids of dimensions that concern this patient."""

    answered: list[str]
    unclear: list[str]
    """Asked about, with no clear answer."""
    open: list[str]

    @property
    def asked(self) -> int:
        """Dimensions that were asked about or spoken of."""
        return len(self.answered) + len(self.unclear)

    @property
    def all(self) -> int:
        """Dimensions that concern this patient."""
        return self.asked + len(self.open)


def meter(consultation: Consultation) -> Meter:
    """Where the Ten Questions stand."""
    chart = consultation.chart
    covered = set(chart.covered())
    names = [name for name in dimensions() if name in covered or name in relevant(chart, consultation.settings)]
    known = [name for name in names if name in covered]
    unclear = [name for name in names if name not in covered and name in chart.asked]
    return Meter(known, unclear, [name for name in names if name not in known and name not in unclear])


def meter_line(found: Meter) -> str:
    """The meter in one line."""
    return both(
        f"Ten Questions: asked {found.asked}, answered {len(found.answered)}, open {len(found.open)}",
        f"十问：已问 {found.asked}，已答 {len(found.answered)}，未问 {len(found.open)}",
    )


def bar(found: Meter) -> str:
    """The meter as a bar of plain signs, for a terminal that is looked at: # answered, ? unclear, . open."""
    return "#" * len(found.answered) + "?" * len(found.unclear) + "." * len(found.open)


def dimension_name(name: str) -> str:
    """A dimension in the language in force."""
    row = dimensions()[name]
    return str(row["name_en"] if current() == "en" else row["name_zh"].partition("(")[0])


def meter_lines(found: Meter) -> list[str]:
    """The meter dimension by dimension."""
    rows = (
        (both("Answered", "已答"), found.answered),
        (both("Asked, not clear", "问过但不清楚"), found.unclear),
        (both("Open", "未问"), found.open),
    )
    join = both(", ", "、")
    said = (f"  {head}{both(': ', '：')}{join.join(map(dimension_name, names))}" for head, names in rows if names)
    return [meter_line(found), *said]


def record_lines(consultation: Consultation, session: Session) -> list[str]:
    """The record as it stands: what was said by number, and what was understood by examination."""
    colon, ids = both(": ", "："), {row["name_zh"]: name for name, row in dimensions().items()}
    known = glosses.of_findings(consultation.chart) if current() == "en" else {}
    lines = [f"0  {_short(session.opening)}"] if session.opening else []
    for number, exchange in enumerate(session.exchanges, 1):
        answer = both("(skipped)", "（跳过）") if exchange.answer is None else _short(exchange.answer)
        lines.append(f"{number}  {dimension_name(exchange.dimension)}{colon}{answer}")
    lines.append("")
    for examination, rows in by_examination(consultation.chart, session.role).items():
        lines.append(f"[{both(*EXAMINATIONS[examination])}]")
        for name, said in rows.items():
            shown = both(", ", "，").join(glosses.finding(one, known) for one in said)
            lines.append(f"  {dimension_name(ids[name])}{colon}{shown}")
    return lines


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 60 else one_line[:59] + "…"


def suspects(found: Record) -> list[tuple[str, float]]:
    """Syndromes that are likely at all, the likeliest first."""
    rows = [(str(row["syndrome"]), float(row["score"])) for row in found.get("candidates", ())]
    return [row for row in rows if row[1] >= _SHOWN]


def how_sure(score: float, abstained: bool) -> str:
    """A probability in words."""
    if abstained:
        return both("too little is known to name a syndrome", "所知太少，还不能辨证")
    if score >= SURE:
        return both("fairly sure", "较有把握")
    return both("leaning to it", "有此倾向") if score >= LIKELY else both("not sure yet", "还不能确定")


def kin_of(found: Record) -> list[tuple[str, float]]:
    """Candidates that share what one name would score, where the engine abstains; nothing where there are none."""
    told = len((found.get("why") or {}).get("for", ()))
    return of_one_kind(suspects(found), told) if found.get("abstained") else []


def kind_in_words(kin: list[tuple[str, float]]) -> str:
    """That candidates are too much alike to be told apart, and how sure they are together."""
    total = sum(score for _, score in kin)
    sure = how_sure(total, False)
    names = both(", ", "、").join(f"{glosses.syndrome(name)} {score:.0%}" for name, score in kin)
    return both(
        f"suspected, close to each other and not told apart: {names} (together {total:.0%}, {sure})",
        f"疑似，证型相近，尚不能区分：{names}（合计 {total:.0%}，{sure}）",
    )


def suspect_lines(found: Record) -> list[str]:
    """What is suspected, and how sure."""
    rows = suspects(found)
    if not rows:
        return [both("Nothing can be suspected yet.", "目前还谈不上疑似。")]
    kin = kin_of(found)
    sure = kind_in_words(kin) if kin else how_sure(rows[0][1], bool(found.get("abstained")))
    others = [f"  {glosses.syndrome(name)}  {score:.0%}" for name, score in rows if (name, score) not in kin]
    lines = [sure + (both(":", "：") if others and not kin else ""), *others]
    why = found.get("why") or {}
    for head, key in ((both("for", "支持"), "for"), (both("against", "不支持"), "against")):
        said = dict.fromkeys(f"“{one['text']}”" for one in why.get(key, ()))  # 脉滑数 is two signs
        if said:
            lines.append(f"  {head}{both(': ', '：')}{both(', ', '、').join(said)}")
    return lines


def reason(question: Question, consultation: Consultation) -> str:
    """Why a question is asked, in words that a person would use."""
    if question.again is None:
        return question.reason
    parts = []
    rows = suspects(consultation.adviser.suspected(consultation.chart))
    if len(rows) > 1 and question.bits >= 0.05:
        first, second = rows[0][0], rows[1][0]
        parts.append(both(f"it helps to tell {first} from {second}", f"能帮助区分“{first}”和“{second}”"))
    if not question.again:
        name = dimension_name(question.dimension)
        parts.append(both(f"nothing is known yet of: {name}", f"《十问歌》里的“{name}”还没有说到"))
    if not parts:
        parts.append(both("it would make the record more complete", "能让记录更完整"))
    return both("Why: ", "为什么问：") + both("; ", "；").join(parts) + both(".", "。")


def question_lines(question: Question) -> list[str]:
    """The question: how it opens, then what can be chosen by number; with an English gloss for an English speaker."""
    english = current() == "en"
    if question.again is None:
        about = f"(About: {dimension_name(question.dimension)}. {opening(question.dimension, False, 'en')})"
        return [question.text, about] if english else [question.text]
    stem = stem_of(question.text)
    lines = [stem]
    if english and (gloss := stem_in_english(stem, question.dimension, question.again)):
        lines.append(f"({gloss})")
    for number, sign in enumerate(question.named, 1):
        gloss = f"  ({wording(sign, 'en')})" if english else ""
        lines.append(f"  {number}  {wording(sign)}{gloss}")
    if question.named and question.dimension not in ("tongue", "pulse"):
        lines.append("  0  " + ("都没有  (none of these)" if english else "都没有"))
    return lines


def help_lines() -> list[str]:
    """The list of commands."""
    how = both(
        "Answer in your own words (short English or Chinese), by number (1 3), yes or no, or Enter to skip.",
        "用自己的话回答就好；也可以输编号（如 1 3）、“没有”；不清楚就直接回车跳过。",
    )
    chinese = both("", "命令也可用中文：/撤销、/修改 3、/记录、/疑似、/进度、/保存 文件、/结束。")
    return [how, *("  " + line for line in listed()), *filter(None, [chinese])]


def noted(said: str) -> str:
    """What was understood of an English statement, so that it can be set right; empty of any other."""
    if not is_english(said):
        return ""
    found = [f"{'no ' if one.is_denied else ''}{one.said.lower()} ({one.statement})" for one in heard(said)]
    return both("Noted: ", "记下：") + ", ".join(found) if found else ""


def hint() -> str:
    """A kind word after two answers in a row that told nothing."""
    return both(
        "That is all right. Short words will do: where, since when, when it is worse. Or a number, Enter to skip, "
        "/done to end.",
        "没关系，说不清也不要紧。可以简单说说哪里、多久了、什么时候重；也可以输编号，直接回车跳过，或用 /结束 作小结。",
    )


def is_unreadable(said: str) -> bool:
    """Whether a complaint that was typed names nothing that the tables know: no finding, no illness.

    >>> is_unreadable("asdf 呱呱呱 123"), is_unreadable("头晕三天"), is_unreadable("复查高血压")
    (True, False, False)
    """
    read = in_chinese(said) if is_english(said) else said
    # A time alone (两年) is no complaint.
    return not (set(understood(read)) - {"cause"} or names_illness(read))


def no_complaint() -> str:
    """What to say to a complaint in which nothing was understood."""
    return both(
        "I found no complaint in that. What is wrong, where, and since when?",
        "没有听出哪里不舒服。请再说一次：哪里、怎么个不舒服、多久了？",
    )


def not_read(said: str, is_complaint: bool = False) -> str:
    """What to say to words in which nothing can be understood, red flags included; empty where they can be."""
    if is_english(said) and (in_chinese(said) or dangers(said)):
        return ""
    plain = said.strip()
    if len(plain) < _SAID or is_yes(plain) or is_no(plain) or is_unknown(plain) or _CHINESE.search(plain):
        return ""
    if not any(char.isalpha() for char in plain):
        return ""
    how = (
        both("Please say it in Chinese, or in short English.", "请用中文或简单的英文再说说哪里不舒服。")
        if is_complaint
        else both(
            "The numbers, yes, no and Enter work in any language.", "也可以输编号、“有”、“没有”，或直接回车跳过。"
        )
    )
    return both(
        "I did not understand that. Danger signs are looked for in Chinese and English only, and none was found in "
        f"what could be read. If it is urgent, call 120 or your local number now. {how}",
        "这句话没有听懂。危险信号只查中文和英文，能读到的部分没有发现。情况紧急请立即拨打 120。" + how,
    )
