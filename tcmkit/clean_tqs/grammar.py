"""The grammar of findings: from the tokens of one clause to phrases.

A phrase is the smallest one that means something clinically. It grows around a symptom that stands
alone (咳嗽), a generic symptom with its sites (左侧肢体 + 麻木无力) or a topic with its answer
(大便 + 数日未解), and takes its qualities, times and degrees with it. A negator covers what follows it
in the clause, joined by 、 or 及, until something is said to be there (伴, 但, 出现).
"""

from collections.abc import Callable
from functools import cache

from . import vocabulary as v
from .growing import CAUSE_ONLY, Chunk, Phrase
from .symptoms import Symptoms
from .tokens import Token, is_child

__all__ = ["CAUSE_ONLY", "Parser", "Phrase"]


class Parser(Symptoms):
    """Reads the tokens of one clause, once, from left to right."""

    def phrases(self) -> list[Phrase]:
        """All phrases in order of appearance."""
        handlers = _handlers()
        for index, token in enumerate(self._tokens):
            self._index = index
            kind = token[2].kind
            handlers[kind](self, token)
            if self._joined and kind != v.JOINER:
                self._joined = False
        self._flush()
        return self._phrases

    def _predicate(self, token: Token) -> None:
        start, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind == "topic":
            chunk.end, chunk.answered = end, True
        elif chunk is not None and chunk.kind in ("head", "generic", "course") and chunk.end == start:
            self._modifier(token)
        else:
            self._flush()

    def _negator(self, token: Token) -> None:
        _, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind == "topic" and self._answers_itself():
            chunk.end, chunk.answered = end, True
            return
        self._flush()
        self._denied, self._denied_something = True, False
        self._uncertain = False

    def _answers_itself(self) -> bool:
        """Whether a negator is the whole answer to the topic before it, or begins no denial: 大便无."""
        rest = self._tokens[self._index + 1 :]
        return all(other[2].kind in (v.GAP, v.RATE, v.PREDICATE) for other in rest)

    def _next_negator(self, token: Token) -> None:
        _, end, _ = token
        chunk, after = self._chunk, self._next()
        if chunk is not None and chunk.kind in ("topic", "course") and not self._denies_another(chunk, after):
            chunk.end, chunk.answered = end, chunk.answered or chunk.kind == "topic"
            return
        if after is not None and after[2].kind in (v.HEAD, v.GENERIC):
            self._flush()
            self._deny_next = True
        else:
            self._gap(token)

    @staticmethod
    def _denies_another(chunk: Chunk, after: Token | None) -> bool:
        """Whether a negation behind a topic and its answer is of the next symptom: 大便不成形 | 不爱喝水."""
        if after is None or after[2].kind != v.HEAD or chunk.kind != "topic":
            return False
        return chunk.answered and not set(chunk.dimensions) & set(after[2].dimensions)

    def _uncertain_word(self, token: Token) -> None:
        if self._chunk is not None and not self._chunk.open:
            self._modifier(token)
            return
        after = self._next()
        if after is None or after[2].kind not in (v.HEAD, v.GENERIC, v.SITE, v.TOPIC, v.MODIFIER):
            self._gap(token)
            return
        self._flush()
        self._uncertain = True

    def _contrast(self, token: Token) -> None:
        _, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind in ("site", "topic") and self._word(token) == "有":
            chunk.end = end
            self._denied = False
            return
        self._flush()
        self._denied = self._deny_next = self._uncertain = False

    def _joiner(self, token: Token) -> None:
        _, end, _ = token
        chunk = self._chunk
        if chunk is not None and not chunk.answered and chunk.kind in ("site", "topic"):
            self._joined = True
            chunk.end = end
            return
        self._flush()
        self._joined = True
        self._region = ""
        if self._word(token) in v.word_set("joiners_that_end_denial"):
            self._denied = False

    def _lead_in(self, token: Token) -> None:
        _, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind == "topic":
            chunk.end = end
            return
        if chunk is not None and chunk.kind == "cause" and self._word(token) in ("后", "之后", "以后"):
            chunk.end = end
            return
        if chunk is not None and chunk.kind == "course":
            return
        if chunk is not None and chunk.kind == "head" and self._leads_on(token):
            chunk.end = end
            return
        self._flush()
        if self._denied_something:
            self._denied = False

    def _leads_on(self, token: Token) -> bool:
        """咽痒则咳 is one finding."""
        after = self._next()
        return self._word(token) in ("则", "即") and after is not None and after[2].kind == v.HEAD

    def _onset(self, token: Token) -> None:
        start, end, _ = token
        self._flush()
        self._add(start, end, CAUSE_ONLY)
        self._denied = False

    def _time(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        if chunk is not None and chunk.kind in ("topic", "course"):
            chunk.end, chunk.answered = end, chunk.answered or chunk.kind == "topic"
            return
        if chunk is not None and chunk.kind == "cause" and chunk.end == start:
            chunk.end = end
            return
        self._flush()
        dated = term.group == "date"
        if not dated and (term.group != "era" or self._clause[end - 1] != "年"):
            self._add(start, end, CAUSE_ONLY)

    def _rate(self, token: Token) -> None:
        start, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind in ("topic", "head", "generic"):
            chunk.end, chunk.answered = end, True
            return
        self._flush()
        self._add(start, end, ())

    def _cause(self, token: Token) -> None:
        _, end, _ = token
        chunk = self._chunk
        if chunk is not None and chunk.kind == "topic" and not chunk.answered:
            chunk.kind = "cause"
        if chunk is not None and chunk.kind == "cause" and not self._joined:
            chunk.end, chunk.answered = end, True
            return
        if self._word(token).startswith(("无", "不", "原因", "诱因")):
            self._denied = False
        self._begin(token, "cause").answered = True

    def _habit(self, _: Token) -> None:
        self._flush()

    def _course(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        if chunk is not None and chunk.kind in ("head", "generic"):
            if chunk.quality_from >= 0:
                start = chunk.end = chunk.quality_from
            self._flush()
            self._begin((start, end, term), "course").answered = True
            return
        if chunk is None or chunk.kind not in ("modifier", "course", "cause", "site"):
            chunk = self._begin(token, "course") if not self._is_topic(chunk) else chunk
        chunk = self._extend(token, "" if self._is_topic(chunk) else "course")
        chunk.answered = True

    @staticmethod
    def _is_topic(chunk: Chunk | None) -> bool:
        return chunk is not None and chunk.kind == "topic"

    def _course_subject(self, token: Token) -> None:
        if self._chunk is not None and self._chunk.kind == "topic":
            self._gap(token)
            return
        self._begin(token, "course")

    def _denied_mark(self, token: Token) -> None:
        start, _, _ = token
        if self._chunk is not None:
            self._deny_next = self._chunk.kind in ("head", "generic")
            self._flush()
        elif self._phrases and self._phrases[-1].end == start:
            self._phrases[-1] = self._phrases[-1]._replace(polarity="absent")

    def _age(self, token: Token) -> None:
        start, end, _ = token
        self._flush()
        told_of_now = not self._clause.startswith(("初潮", "时", "起", "开始", "绝经", "结婚", "因"), end)
        if told_of_now and is_child(self._word(token)):
            self._phrases.append(Phrase(start, end, ("child",), "present"))

    def _measure(self, token: Token) -> None:
        self._gap(token)


_Handler = Callable[[Parser, Token], None]


@cache
def _handlers() -> dict[str, _Handler]:
    p = Parser
    return {
        v.HEAD: p._head, v.GENERIC: p._generic, v.SITE: p._site, v.TOPIC: p._topic_word,
        v.MODIFIER: p._modifier, v.PREDICATE: p._predicate, v.NEGATOR: p._negator,
        v.NEXT_NEGATOR: p._next_negator, v.UNCERTAIN: p._uncertain_word, v.CONTRAST: p._contrast,
        v.JOINER: p._joiner, v.LEAD_IN: p._lead_in, v.ONSET: p._onset, v.TIME: p._time, v.CAUSE: p._cause,
        v.COURSE: p._course, v.COURSE_SUBJECT: p._course_subject, v.HABIT: p._habit, v.DENIED: p._denied_mark,
        v.RATE: p._rate, v.MEASURE: p._measure, v.AGE: p._age, v.GAP: p._gap,
    }  # fmt: skip
