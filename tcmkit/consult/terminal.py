"""A consultation as a conversation: question by question, with everything that can be looked at or taken back.

Only what was said is kept (`session`); undoing and editing rebuild the consultation out of it (`replay`). How
it is shown, and where lines come from, is the business of a `Screen`.
"""

from tcmkit.consult import terminal_facts as facts
from tcmkit.consult import terminal_words as words
from tcmkit.consult.answers import is_yes
from tcmkit.consult.asking import Question
from tcmkit.consult.live import Asking
from tcmkit.consult.loop import Consultation
from tcmkit.consult.replay import take
from tcmkit.consult.session import Exchange
from tcmkit.consult.terminal_greeting import greet
from tcmkit.consult.terminal_reader import MOST_SAID, Finished, Reader
from tcmkit.language import both

_TRIES = 3


class Dialogue:
    """One conversation."""

    def __init__(self, at: Reader, asking: Asking) -> None:
        self._at, self._asking = at, asking
        screen, session = at.screen, at.session
        self._show = screen.show
        self._session = session
        self._unclear = 0

    def run(self) -> Consultation:
        """Lead it to its end; the consultation. Raises KeyboardInterrupt when the person leaves by Ctrl-C."""
        greet(self._at)
        try:
            if not self._session.opening:
                self._opening()
            if not self._session.facts_asked and not self._at.flagged:
                self._facts()
            while not self._at.flagged and self._one_question():
                pass
            ended = self._at.consultation.ended
        except Finished:
            ended = "patient"
        self._at.rebuild()
        self._at.consultation.ended = self._at.consultation.ended or ended
        self._at.save()
        return self._at.consultation

    def _opening(self) -> None:
        text = (
            both("What brings you here, and since when?", "您好，哪里不舒服？多久了？")
            if self._session.role == "self"
            else both("What does the patient complain of, and since when?", "患者哪里不舒服？多久了？")
        )
        unreadable = ""
        for _try in range(_TRIES):
            self._show()
            self._show(text, "question")
            line = self._at.read()
            if not line.command and line.rest:
                if not unreadable and words.is_unreadable(line.rest) and not self._at.adviser.red_flags(line.rest):
                    unreadable = line.rest
                    foreign = words.not_read(line.rest, is_complaint=True)
                    self._show(foreign or words.no_complaint(), "alarm" if foreign else "soft")
                    continue
                self._hear_opening(line.rest)
                return
            if unreadable and not line.command:  # Enter: that was it
                self._hear_opening(unreadable)
                return
        raise Finished

    def _hear_opening(self, said: str) -> None:
        self._session.opening = self._at.kept(said)
        self._at.rebuild()
        self._at.warn()
        if not self._at.flagged and (foreign := words.not_read(said, is_complaint=True)):
            self._show(foreign, "alarm")
        if noted := words.noted(said):
            self._show(noted, "soft")
        self._at.save()

    def _facts(self) -> None:
        self._show()
        self._show(both("First, shortly (Enter skips):", "先简单了解一下（回车跳过）："), "soft")
        for asked in facts.questions(self._session.facts):
            self._asking.think_ahead(self._at.preview, asked.fact not in facts.WHO)
            self._fact(asked)
            if self._at.flagged:
                return
        self._session.facts_asked = True
        self._at.rebuild()
        self._at.save()

    def _fact(self, asked: facts.Asked) -> None:
        """Ask for one fact, twice at most. Red flags are looked for in the words before anything else."""
        old = self._session.facts.get(asked.fact, "")
        for tries_left in (1, 0):
            said = self._said_of(asked, old)
            self._at.consultation.watch(said)
            self._at.warn()
            if not self._at.flagged:
                self._at.aside(said)
            kept = said if self._at.flagged else facts.taken(asked.fact, said[:MOST_SAID])
            if kept:
                self._session.facts[asked.fact] = kept
            elif said and kept == "":
                self._session.facts.pop(asked.fact, None)
            if kept is not None:
                for noted in facts.understood(asked.fact, kept) if kept and not self._at.flagged else ():
                    self._show(noted, "soft")
                break
            left = both(" It stays unknown.", "先记为未知。")
            self._show(facts.not_understood(asked.fact) + ("" if tries_left or old else left), "soft")
        self._at.save()

    def _said_of(self, asked: facts.Asked, old: str) -> str:
        """What is said to a question of who the patient is, after anything else that is first set right."""
        while True:
            self._show(asked.text, "question")
            if old:
                self._show(both("The answer was: ", "原来的回答：") + old, "soft")
            line = self._at.read(default=old)
            if line.command == "edit":
                self._edit(line.rest)
            elif line.command == "undo":
                self._show(
                    both("/edit age or /edit 0 changes what was said.", "用 /修改 年龄、/修改 0 改前面的回答。"), "soft"
                )
            else:
                return "" if line.command else line.rest
            if self._at.flagged:
                return ""

    def _one_question(self) -> bool:
        """Put the next question and take its answer; False at the end."""
        question = self._asking.next_question(self._at.consultation)
        if question is None:
            return False
        if question.by:
            self._at.save()
        exchange = self._answered(question)
        if exchange is None:  # the history was changed: the question is chosen anew
            self._at.rebuild()
            return True
        self._session.exchanges.append(exchange)
        self._asking.answered(exchange)
        how = take(exchange, self._at.consultation)
        self._at.warn()
        self._at.save()
        if how != "unknown" and (noted := words.noted(exchange.answer or "")):
            self._show(noted, "soft")
        self._unclear = self._unclear + 1 if how == "unknown" else 0
        foreign = "" if self._at.flagged else words.not_read(exchange.answer or "")
        if foreign or (self._unclear >= 2 and not self._at.flagged):
            self._show(foreign or words.hint(), "alarm" if foreign else "soft")
            self._unclear = 0
        return True

    def _answered(self, question: Question) -> Exchange | None:
        """The question with its answer; None when an earlier answer was changed in its stead."""
        asked_which = False
        self._put(question)
        while True:
            line = self._at.read(question)
            if line.command == "skip" or not (line.command or line.rest):
                self._show(both("Skipped.", "已跳过。"), "soft")
                return Exchange.of(question, None)
            if line.command:
                if self._undo() if line.command == "undo" else self._edit(line.rest):
                    return None
                continue
            if not asked_which and is_yes(line.rest) and len(question.named) > 1:
                asked_which = True
                self._show(both("Which of them? A number will do.", "是哪一种？输编号就可以。"), "soft")
                continue
            chosen = self._at.chosen(line.rest, question)
            if chosen is not None:
                return Exchange.of(question, self._at.kept(chosen))

    def _put(self, question: Question) -> None:
        self._at.warn()
        number = len(self._session.exchanges) + 1
        head = both(f"Question {number}", f"第 {number} 问") + f" · {words.dimension_name(question.dimension)}"
        self._show()
        self._show(f"{head} · {words.meter_line(words.meter(self._at.consultation))}", "soft")
        first, *rest = words.question_lines(question)
        self._show(first, "question")
        for line in rest:
            self._show(line, "choice")

    def _undo(self) -> bool:
        """Take the last answer back; False when there is none."""
        if not self._session.exchanges:
            self._show(
                both(
                    "No answer to take back; /edit 0 changes the complaint, /edit age the age.",
                    "还没有可撤回的回答；/edit 0 改主诉，/edit 年龄 改年龄。",
                ),
                "soft",
            )
            return False
        self._asking.take_back(self._session.exchanges.pop())
        self._show(both("Taken back.", "已撤回。"), "soft")
        self._at.save()
        return True

    def _edit(self, which: str) -> bool:
        """Answer something anew; False when nothing is called so. An empty line leaves it as it is."""
        self._asking.forget()
        fact = facts.named(which)
        number = int(which) if which.isascii() and which.isdigit() and len(which) < 4 else -1
        if fact:
            self._fact(fact)
        elif number == 0:
            self._edit_opening()
        elif 0 < number <= len(self._session.exchanges):
            self._edit_answer(self._session.exchanges[number - 1])
        else:
            self._show(both("Which? /record shows the numbers.", "改哪一问？/record 里有编号。"), "soft")
            return False
        return True

    def _edit_opening(self) -> None:
        old = self._session.opening
        self._show(both("The complaint was: ", "原来的主诉：") + old, "question")
        line = self._at.read(default=old)
        if not line.command and line.rest:
            self._hear_opening(line.rest)

    def _edit_answer(self, exchange: Exchange) -> None:
        for text in words.question_lines(exchange.question):
            self._show(text, "question")
        self._show(both("The answer was: ", "原来的回答：") + (exchange.answer or "—"), "soft")
        line = self._at.read(exchange.question, default=exchange.answer or "")
        if line.command == "skip":
            exchange.answer = None
        elif not line.command and line.rest:
            chosen = self._at.chosen(line.rest, exchange.question)
            exchange.answer = exchange.answer if chosen is None else self._at.kept(chosen)
        self._at.save()
