"""What an answer means: a bare yes or no is a statement about what was asked, an elliptic answer is about its topic."""

import re
from functools import cache
from typing import Any, Literal, NamedTuple

from tcmkit.classify import diseases_of
from tcmkit.clean_tqs import fold
from tcmkit.consult.chart import Answered, understood
from tcmkit.consult.english import in_chinese, is_english
from tcmkit.consult.wording import denial, statement
from tcmkit.tables import table

Kind = Literal["no", "yes", "all", "fine"]
_CLAUSE = re.compile(r"[，,。.!！?？;；、~～]+(?!\d)\s*")
_BETWEEN_CLAUSES = re.compile(r"[，,。.!！?？;；~～]+(?!\d)\s*")
_EDGE_MARKS = "，,。.!！?？;；~～ 、"
_READ = ("tongue", "pulse")
"""Always in some state: a yes or no says nothing of which."""
_SHORT = 20
MOST = 600
"""Longer answers are read to here; the history keeps the rest."""


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    edges = table("lay_answers")["edges"]
    return re.compile(rf"{edges}*(?:{'|'.join(table('lay_answers')[kind])}){edges}*", re.IGNORECASE)


@cache
def _edges() -> re.Pattern[str]:
    return re.compile(rf"{table('lay_answers')['edges']}+", re.IGNORECASE)


@cache
def _unknown() -> re.Pattern[str]:
    return re.compile(table("lay_answers")["unknown"], re.IGNORECASE)


@cache
def _phrases(dimension: str) -> list[tuple[re.Pattern[str], str]]:
    rows = table("lay_answers")["phrases"]
    return [(re.compile(row["said"]), row["means"]) for row in rows if row["of"] in ("*", dimension)]


def _whole(answer: str, kind: Kind) -> bool:
    """Whether every clause of an answer is of a kind, or says nothing."""
    clauses = [clause for clause in _CLAUSE.split(answer.strip()) if clause]
    said = [clause for clause in clauses if not _edges().fullmatch(clause)]
    if not said:
        return kind == "yes" and "嗯" in answer
    return all(_pattern(kind).fullmatch(clause) for clause in said)


def is_no(answer: str) -> bool:
    """Whether an answer is no more than a no.

    >>> is_no("应该没有吧"), is_no("没有盗汗")
    (True, False)
    """
    return _whole(answer, "no")


def is_yes(answer: str) -> bool:
    """Whether an answer is no more than a yes.

    >>> is_yes("嗯，有一点"), is_yes("有点头晕")
    (True, False)
    """
    return _whole(answer, "yes")


def is_unknown(answer: str) -> bool:
    """Whether an answer says that its speaker does not know."""
    return len(answer) <= _SHORT and bool(_unknown().search(answer))


def nothing_of(dimension: str) -> str:
    """What a no to the opening of a dimension writes where it says nothing of the signs that were named.

    >>> nothing_of("cause"), nothing_of("diet_taste")
    ('无明显诱因', '')
    """
    return str(table("lay_answers")["nothing"].get(dimension, ""))


class Understood(NamedTuple):
    """An answer as a statement for the record, and how it answers the question."""

    statement: str
    """Empty when there is nothing to write down."""
    how: Answered


def understand(answer: str, dimension: str, named: tuple[str, ...]) -> Understood:
    """What an answer to a question on a dimension says; `named` are the signs that the question named.

    >>> understand("没有", "sweat", ("自汗", "盗汗"))
    Understood(statement='无自汗，无盗汗', how='denied')
    >>> understand("没有，哦不对，睡着了会出汗", "sweat", ("自汗",))
    Understood(statement='睡着后出汗', how='told')
    >>> understand("不清楚", "sweat", ("自汗",)).how
    'unknown'
    """
    answer = _last_word(fold(answer).strip()[:MOST])
    bare = _bare(answer, dimension, named)
    if bare:
        return bare
    if is_english(answer):
        answer = in_chinese(answer)
        if not answer:
            return Understood("", "unknown")
    head, _, rest = answer.partition("，")
    if is_no(head) and rest and dimension not in _READ and dimension not in understood(said(rest, dimension)):
        # A no, and then something else.
        if dimension == "history" and dimension in understood(past := _past(said(rest, dimension))):
            return Understood(past, "told")
        denied = _bare(head, dimension, named)
        return Understood("，".join(filter(None, (denied.statement if denied else "", rest))), "denied")
    return _told(answer, dimension)


def _bare(answer: str, dimension: str, named: tuple[str, ...]) -> Understood | None:
    """The meaning of a mere no, yes, all of it, or don't know; None for an answer that says something."""
    if not answer.strip(_EDGE_MARKS):
        return Understood("", "unknown")
    # That all of them are well is said of the signs that were named.
    if not re.search("[都全这那]", answer) and _whole(answer, "fine") and (state := _state(answer, dimension)):
        return Understood(state, "denied")
    if is_no(answer):
        denied = "，".join(filter(None, map(denial, named)))
        return Understood("", "unknown") if dimension in _READ else Understood(denied, "denied")
    if _whole(answer, "all") and dimension not in _READ:
        return Understood("，".join(map(statement, named)), "told" if named else "unknown")
    if is_yes(answer):
        # A yes to several signs at once does not say which, nor what a tongue is like.
        is_clear = len(named) == 1 and dimension not in _READ
        return Understood(statement(named[0]), "told") if is_clear else Understood("", "unknown")
    return None


def _state(answer: str, dimension: str) -> str:
    """A healthy state as it was told, with what it is the state of: that it is well denies no single sign."""
    topic = table("lay_answers")["state"].get(dimension)
    for words in (topic + answer.strip(_EDGE_MARKS), topic + "如常") if topic else ():
        if dimension in understood(words):
            return str(words)
    return ""


def _told(answer: str, dimension: str) -> Understood:
    """An answer that says something: as it was said, as a record puts it, or completed by what was asked about."""
    found = understood(answer)
    plain = said(answer, dimension)
    if dimension == "history":
        plain = _past(plain)
    for words in (plain,) if dimension == "history" else (plain, answer):
        if dimension in understood(words):
            return Understood(words, "told")
    if is_unknown(answer):
        return Understood("", "unknown")
    if _answers_otherwise(answer, dimension, found):
        return Understood(plain, "told")
    if not found and not understood(plain):
        for topic in _topics(dimension):
            if dimension in understood(topic + plain):
                return Understood(topic + plain, "told")
    # What was said about something else is worth keeping too, but it does not answer the question.
    return Understood(plain if found or understood(plain) or len(answer) >= 4 else "", "unknown")


def _past(answer: str) -> str:
    """An answer about the history as a record puts it: illnesses that are named are past, those denied are denied.

    >>> _past("有高血压，心脏放过支架"), _past("没有高血压、糖尿病"), _past("忘性大")
    ('既往有高血压，既往心脏放过支架', '否认高血压、糖尿病史', '忘性大')
    """
    written: list[str] = []
    parts = table("lay_answers")["past"]
    after_denial = False
    for clause in filter(None, _BETWEEN_CLAUSES.split(answer)):
        illness = _illness_at(clause)
        denied = re.match(parts["denied"], clause) if illness >= 0 else None
        lead = re.match(parts["lead"], clause)
        bare = clause[lead.end() :] if lead else clause
        # 没有高血压，糖尿病: whether the second is denied too only the speaker knows.
        is_open = after_denial and bare == clause and not re.search(parts["done"], bare)
        after_denial = denied is not None or is_open
        past = clause
        if denied:
            past = _denied(clause[denied.end() :], parts["done"])
        elif illness >= 0 and not is_open and not re.search("[不没未无否]", clause[:illness]):
            past = ("既往" if re.search(parts["done"], bare) else "既往有") + bare
        written.append(past if "history" in understood(past) and "history" not in understood(clause) else clause)
    return "，".join(written)


def _denied(illness: str, done: str) -> str:
    if re.search(done, illness) or illness.endswith("史"):
        return f"否认{illness}"
    return f"否认{illness}" + "病史"[illness.endswith("病") :]


def _illness_at(clause: str) -> int:
    """Where a clause names an illness, -1 where it names none: telling a symptom that implies one is not to name it."""
    if named := re.search(table("lay_answers")["illness"], clause):
        return named.start()
    symptoms = set(understood(clause)) - {"cause", "history"}
    return -1 if symptoms else next((one.start for one in diseases_of(clause)), -1)


def _answers_otherwise(answer: str, dimension: str, found: dict[str, list[Any]]) -> bool:
    """Whether an answer is one though its findings have another place: 腰疼 is a pain, a name of a disease history."""
    if dimension == "history":
        return names_illness(answer)
    return dimension == "pain" and any(re.search("[痛疼]", one["text"]) for ones in found.values() for one in ones)


def names_illness(answer: str) -> bool:
    """Whether an illness is named, in the words of the table or by the name of a disease."""
    return bool(re.search(table("lay_answers")["illness"], answer) or diseases_of(answer))


@cache
def _topics(dimension: str) -> list[str]:
    """What may complete an answer: words that show nothing yet, whatever nonsense follows."""
    topics = table("lay_answers")["topics"].get(dimension, ())
    return [topic for topic in topics if dimension not in understood(f"{topic}哈哈哈")]


def said(answer: str, dimension: str) -> str:
    """An answer in the words of a record, as far as the table knows them.

    >>> said("盗汗没有，动一动就出汗", "sweat")
    '无盗汗，动则汗出'
    """
    for pattern, means in _phrases(dimension):
        answer = pattern.sub(means, answer)
    return answer


def _last_word(answer: str) -> str:
    """What is left when the speaker corrects themselves."""
    parts = re.split(table("lay_answers")["corrected"], answer)
    return parts[-1].strip(_EDGE_MARKS) if len(parts) > 1 and parts[-1].strip(_EDGE_MARKS) else answer
