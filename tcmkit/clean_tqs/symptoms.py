"""Symptoms, sites and topics: what a phrase is about."""

from . import vocabulary as v
from .growing import Chunk, Growing
from .tokens import Token

_SKIN = ("complexion_form",)
_MAX_MERGED = 8
_MAX_PART = 3
_MAX_INNER_GAP = 3
_MAX_TAIL = 10
_ANSWERS = (v.PREDICATE, v.MODIFIER, v.GENERIC, v.NEXT_NEGATOR, v.RATE, v.TOPIC, v.JOINER, v.TIME)
_NEAR_SITES = (v.GENERIC, v.SITE, v.JOINER, v.NEGATOR, v.NEXT_NEGATOR, v.HEAD)


class Symptoms(Growing):
    """Handlers of the words that a finding is made of, and of what stands right beside them."""

    def _head(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        dimensions = term.dimensions
        if chunk is not None and chunk.kind == "topic":
            shared = bool(set(chunk.dimensions) & set(dimensions))
            if not chunk.answered and shared:
                chunk.end, chunk.answered = end, True
                return
            weak = self._weakens(chunk, self._word(token))
            if chunk.end == start and (weak or (chunk.answered and shared and not self._joined)):
                chunk.end, chunk.answered = end, True
                return
            self._flush()
            chunk = None
        if chunk is not None and chunk.kind in ("head", "generic"):
            if self._merges(chunk, token):
                chunk.end, chunk.quality_from = end, -1
                return
            self._hand_over_qualities(chunk, token)
            chunk = self._chunk
        elif chunk is not None and not chunk.open:
            self._flush()
            chunk = None
        bare = chunk is None or chunk.kind == "modifier"
        chunk = self._extend(token, "head")
        chunk.dimensions, chunk.bare, chunk.quality_from = dimensions, bare, -1

    def _merges(self, chunk: Chunk, token: Token) -> bool:
        start, end, term = token
        word = self._word(token)
        if chunk.end != start:
            return False
        if word in v.word_set("absorbed_by_symptoms") or self._weakens(chunk, word):
            return True
        same = chunk.dimensions == term.dimensions
        if same and "痰" in word and chunk.dimensions == ("chest_abdomen",):
            return True
        short = len(word) <= _MAX_PART and end - chunk.start <= _MAX_MERGED
        return same and short and chunk.bare and chunk.quality_from < 0 and chunk.dimensions != ("thirst",)

    def _weakens(self, chunk: Chunk, word: str) -> bool:
        """神疲 is weakness, but 语声低沉无力 is the voice and 消瘦虚弱 the build."""
        own = chunk.kind == "topic" or chunk.dimensions in (("listening_smelling",), ("emotion",))
        return (own or "瘦" in self._clause[chunk.start : chunk.end]) and word in v.word_set("absorbed_by_topics")

    def _hand_over_qualities(self, chunk: Chunk, token: Token) -> None:
        """Times and postures between two symptoms belong to the second: 头晕 | 活动后气短."""
        at = chunk.quality_from
        if at >= 0 and self._leads(self._clause[at : chunk.end]) and chunk.end == token[0]:
            end = chunk.end
            chunk.end = at
            self._flush()
            self._chunk = Chunk((at, end, token[2]), "modifier")
        else:
            self._flush()

    @staticmethod
    def _leads(qualities: str) -> bool:
        return qualities.endswith(("时", "后", "则", "间", "午", "晨", "起", "夜", "动", "前", "性", "度", "微"))

    def _generic(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        name = term.group
        if chunk is not None and chunk.kind == "topic":
            self._generic_of_topic(chunk, token)
            return
        if chunk is not None and chunk.kind in ("head", "generic"):
            default = term.dimensions
            word = self._word(token)
            kin = word in v.word_set("absorbed_by_symptoms") or self._weakens(chunk, word)
            if chunk.end == start and (kin or not default or not chunk.bare or default == chunk.dimensions):
                chunk.end, chunk.quality_from = end, -1
                return
            self._hand_over_qualities(chunk, token)
            chunk = self._chunk
        elif chunk is not None and not chunk.open:
            self._flush()
            chunk = None
        region = chunk.region if chunk is not None else ""
        if not region and self._region and self._denied:
            region = self._region
        dimensions = v.dimension_at(region, name) if region else term.dimensions
        if not region and self._topic and self._denied and not self._joined:
            dimensions = self._topic
        if name == "swell" and not region and self._phrases and self._phrases[-1].dimensions == _SKIN:
            dimensions = _SKIN
        single = end - start == 1
        if not region and single and self._clause[start] not in v.word_set("single_symptoms"):
            self._single_letter(token)
            return
        chunk = self._extend(token, "generic")
        chunk.dimensions, chunk.bare, chunk.quality_from = dimensions, not region, -1

    def _single_letter(self, token: Token) -> None:
        """A letter like 肿 or 红 without a site: a finding only behind 不 (不肿) or as a whole clause."""
        _, _, term = token
        alone = len(self._clause) == 1 and term.group in ("swell", "lesion")
        if self._deny_next or alone:
            chunk = self._extend(token, "generic")
            chunk.dimensions = term.dimensions
        else:
            self._modifier(token)

    def _generic_of_topic(self, chunk: Chunk, token: Token) -> None:
        _, end, term = token
        if chunk.region and not chunk.answered:
            chunk.kind = "generic"
            chunk.dimensions = v.dimension_at(chunk.region, term.group) or chunk.dimensions
        chunk.end, chunk.answered = end, True

    def _site(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        if end - start == 1 and not self._is_site():
            self._gap(token)
            return
        if chunk is not None and chunk.kind in ("head", "generic", "site"):
            tail = self._clause[chunk.start : chunk.end]
            spreads = tail.endswith(tuple(v.word_set("spreading")))
            if chunk.kind == "site" or (spreads and chunk.end == start):
                chunk.end = end
                if chunk.kind == "site":
                    chunk.region = term.group
                return
        if chunk is not None and chunk.kind == "topic" and chunk.answered is False and chunk.region:
            chunk.kind, chunk.end, chunk.region = "site", end, term.group
            return
        if chunk is not None and chunk.kind == "modifier" and chunk.end == start:
            chunk.kind, chunk.end, chunk.region = "site", end, term.group
            return
        self._begin(token, "site").region = term.group

    def _is_site(self) -> bool:
        """A single letter (口, 心, 面) is a site only right before a symptom or another site."""
        after = self._next()
        return after is not None and (after[2].kind in _NEAR_SITES or self._word(after) == "有")

    def _topic_word(self, token: Token) -> None:
        start, end, term = token
        chunk = self._chunk
        if end - start == 1 and not self._is_topic_word():
            self._gap(token)
            return
        if verb := self._answer_in_front(start):
            if chunk is not None:
                chunk.end = min(chunk.end, start - verb)
            self._begin((start - verb, end, term), "topic", term.dimensions).answered = True
            return
        if chunk is not None and chunk.kind == "topic" and not chunk.answered:
            if chunk.dimensions != term.dimensions:
                chunk.dimensions += tuple(d for d in term.dimensions if d not in chunk.dimensions)
            chunk.end, chunk.region = end, term.group
            return
        if chunk is not None and chunk.kind == "site" and term.group:
            chunk.end, chunk.region = end, term.group
            chunk.kind, chunk.dimensions = "topic", term.dimensions
            return
        if chunk is not None and chunk.kind == "modifier" and chunk.end == start:
            chunk.kind, chunk.end, chunk.dimensions, chunk.region = "topic", end, term.dimensions, term.group
            return
        chunk = self._begin(token, "topic", term.dimensions)
        chunk.region = term.group

    def _answer_in_front(self, start: int) -> int:
        """Length of what a topic is answered by before it is named (不思 | 乳食), 0 where nothing is."""
        before = self._clause[:start]
        length = max((len(word) for word in v.word_set("answers_in_front") if before.endswith(word)), default=0)
        chunk = self._chunk
        if chunk is None or not length or (chunk.answered and chunk.end < start):
            return length
        return length if self._is_answered_before(chunk, start - length) else 0

    def _is_answered_before(self, chunk: Chunk, end: int) -> bool:
        """Whether a topic has its answer before a place: 睡眠差 of 睡眠差不思."""
        within = [term.kind for first, last, term in self._tokens if chunk.start <= first and last <= end]
        return chunk.kind == "topic" and bool(within) and within[-1] in (v.PREDICATE, v.MODIFIER, v.GENERIC, v.HEAD)

    def _is_topic_word(self) -> bool:
        """A single letter (便, 食, 溲) is a topic only right before its answer or next to another topic."""
        if self._index + 1 >= len(self._tokens):
            return False
        chunk = self._chunk
        after = self._tokens[self._index + 1]
        if chunk is not None and chunk.kind == "topic" and not chunk.answered and chunk.end - chunk.start > 1:
            return after[2].kind == v.PREDICATE
        return after[2].kind in _ANSWERS

    def _modifier(self, token: Token) -> None:
        start, end, _ = token
        chunk = self._chunk
        if chunk is None:
            self._extend(token, "modifier")
            return
        if chunk.kind == "topic":
            chunk.end, chunk.answered = end, True
            return
        if chunk.kind in ("head", "generic") and chunk.quality_from < 0:
            chunk.quality_from = start
        chunk.end = end
        if chunk.open and self._word(token) in v.word_set("standing_out"):
            chunk.answered = True

    def _gap(self, token: Token) -> None:
        start, end, _ = token
        chunk = self._chunk
        if chunk is None:
            return
        last = self._index == len(self._tokens) - 1
        size = end - start
        if chunk.kind == "topic":
            if self._clause[start] in '”’）"':
                self._flush()
                return
            short_topic = chunk.end - chunk.start == 1 and not chunk.answered
            if short_topic and chunk.end == start:
                self._chunk = None
                return
            chunk.end, chunk.answered = end, True
        elif self._bridges(chunk, token, size, last):
            chunk.end = end
        elif chunk.kind == "cause" and self._clause[start] in "后起所":
            chunk.end = start + 1
            self._flush()
        else:
            self._flush()

    @staticmethod
    def _bridges(chunk: Chunk, token: Token, size: int, last: bool) -> bool:
        """Whether unknown text is a part of the phrase."""
        start, _, _ = token
        if chunk.kind == "site":
            return size <= _MAX_INNER_GAP and not last
        if chunk.kind in ("head", "generic"):
            return last and size <= _MAX_TAIL and chunk.end == start
        return chunk.kind == "course" and size <= _MAX_TAIL
