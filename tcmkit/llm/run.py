"""One run of a verb with a model: many records under way, written in the order in which they were read.

A record whose calls are all in the cache goes through without a turn of the event loop. The others each have a task,
and at most a window of records is held, so memory does not grow with the input.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tcmkit.errors import RecordError
from tcmkit.jsonl import Options, Run, conduct
from tcmkit.jsonl.batch import Books, Outcome, begin, reject
from tcmkit.jsonl.feed import Feed
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.interrupts import Interrupts
from tcmkit.jsonl.progress import Progress
from tcmkit.jsonl.reporting import report
from tcmkit.jsonl.source import Line, check_no_folders, total_bytes
from tcmkit.language import both
from tcmkit.llm.asking import Answer, Asker, Missing
from tcmkit.llm.cache import Cache
from tcmkit.llm.estimate import estimate
from tcmkit.llm.protocol import Engine
from tcmkit.llm.settings import ModelOptions
from tcmkit.llm.spreading import engines_for
from tcmkit.llm.talk import Call, InOrder, Talk, TalkStep
from tcmkit.llm.usage import Meter
from tcmkit.llm.watch import Watch
from tcmkit.records import Drop, Record

_GROUP = 64


def run_talks(
    verb: str, make_step: Callable[[], TalkStep], model: ModelOptions, options: Options, unique_by: str = ""
) -> int:
    """Run a per-record verb that asks a model; the exit status. As `jsonl.run_steps` otherwise.

    With `model.estimate`, say what it would cost instead, and call nothing.
    """
    check_no_folders(options.inputs)
    if model.estimate:
        return estimate(verb, make_step(), model, options)

    def body(run: Run) -> None:
        step = make_step()
        meter = Meter()
        cache = Cache(model.cache) if model.cache else None
        try:
            with engines_for(model, options) as engines, asyncio.Runner() as runner:
                run.ledger.notes["engine"] = [engine.identity for engine in engines]
                driver = Driver(run, step, Asker(engines, model, cache, meter), model, unique_by)
                try:
                    runner.run(_drive(driver, engines, run.interrupts))
                except asyncio.CancelledError:
                    raise KeyboardInterrupt from None
        finally:
            run.ledger.notes |= meter.summary(model.price)
            report(run, step)
            if cache:
                cache.close()

    return conduct(verb, options, body)


async def _drive(driver: "Driver", engines: Sequence[Engine], interrupts: Interrupts) -> None:
    """Run until the input ends; cancelled when a signal comes."""
    me, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert me
    try:
        with interrupts.calling(lambda: loop.call_soon_threadsafe(me.cancel)):
            await driver.go()
    except BaseExceptionGroup as several:
        raise _first_of(several) from None
    finally:
        for engine in engines:
            await engine.close()


def _first_of(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """What ended the run: the first error that is no group."""
    error = several.exceptions[0]
    return _first_of(error) if isinstance(error, BaseExceptionGroup) else error


@dataclass
class _Slot:
    """One record on its way."""

    line: Line
    outcome: Outcome = field(default_factory=Outcome)
    record: Record = field(default_factory=dict)
    talk: Talk | None = None
    asked: bool = False
    thinking: list[str] = field(default_factory=list)
    result: Sequence[Record] | Drop | None = None
    """What the talk gave; None of a reject."""
    done: bool = False


class Driver:
    """Moves records through their talks."""

    def __init__(self, run: Run, step: TalkStep, asker: Asker, model: ModelOptions, unique_by: str) -> None:
        self._run = run
        self._step = step
        self._asker = asker
        self._model = model
        self._books = Books(run.wants_dropped, unique_by)
        self._watch = Watch()
        self._slots: deque[_Slot] = deque()
        self._moved = asyncio.Event()
        many = model.concurrency if model.max_tokens_total else max(8 * model.concurrency, 64)
        self._window = model.concurrency if run.options.strict else many
        self._progress = Progress(run.ledger.verb, total_bytes(run.options.inputs), run.options.quiet)
        self._bytes_done = 0
        self._failed = False
        """Whether writing or --strict has ended the run."""

    async def go(self) -> None:
        """Until the input ends, or the tokens that the user allows are used."""
        source = itertools.islice(lines(self._run.options.inputs), self._run.options.limit)
        feed = Feed(source)
        try:
            async with asyncio.TaskGroup() as tasks:
                while (group := await feed.take(_GROUP)) and not self._budget_is_used():
                    for line in group:
                        await self._room()
                        if self._budget_is_used():
                            break
                        self._start(line, tasks)
                    self._write_finished()
        finally:
            feed.close()
            self._progress.close()
        self._write_finished()

    def _budget_is_used(self) -> bool:
        most, used = self._model.max_tokens_total, self._asker.meter.used.total
        if most is None or used < most:
            return False
        if "stopped" not in self._run.ledger.notes:
            self._run.ledger.notes["stopped"] = "max_tokens_total"
            more = both(
                "run it again to go on: what is done costs nothing",
                "再运行一次即可继续，已完成的不再计费",
            )
            self._run.say(both(f"stopped: {used} tokens used; {more}", f"已停止：已用 {used} 个 token；{more}"))
        return True

    async def _room(self) -> None:
        """Until another record may be begun."""
        while len(self._slots) >= self._window:
            self._write_finished()
            if len(self._slots) < self._window:
                return
            self._moved.clear()
            await self._moved.wait()

    def _start(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        slot = _Slot(line)
        self._slots.append(slot)
        try:
            slot.record = begin(line, slot.outcome)
            slot.talk = self._step(slot.record)
            call = next(slot.talk)
        except StopIteration as end:
            self._settle(slot, end.value)
        except RecordError as error:
            self._reject(slot, error)
        else:
            if wanted := self._with_what_is_kept(slot, call):
                tasks.create_task(self._finish(slot, wanted))

    def _with_what_is_kept(self, slot: _Slot, call: Call | None) -> Call | None:
        """Go on with the talk while its answers are in the cache; the call that is not, or None at the end."""
        while call is not None:
            try:
                answer = self._asker.kept(call)
            except Missing:
                return call
            call = self._send(slot, answer)
        return None

    async def _finish(self, slot: _Slot, call: Call | None) -> None:
        """The rest of a talk, with the model."""
        slot.asked = True
        while call is not None:
            try:
                answer = await self._asker.ask(call)
            except RecordError as error:
                call = self._throw(slot, error)
            else:
                call = self._send(slot, answer)
        self._moved.set()
        if self._slots and self._slots[0] is slot:
            self._write_finished()

    def _send(self, slot: _Slot, answer: Answer) -> Call | None:
        slot.thinking += [answer.reply.thinking] if answer.reply.thinking else []
        return self._resume(slot, lambda talk: talk.send(answer.value))

    def _throw(self, slot: _Slot, error: RecordError) -> Call | None:
        """Let the talk see that there is no answer: it may go on without one."""
        return self._resume(slot, lambda talk: talk.throw(error))

    def _resume(self, slot: _Slot, go_on: Callable[[Talk], Call]) -> Call | None:
        if slot.talk is None:
            return None
        try:
            return go_on(slot.talk)
        except StopIteration as end:
            self._settle(slot, end.value)
        except RecordError as error:
            self._reject(slot, error)
        return None

    def _settle(self, slot: _Slot, result: Sequence[Record] | Drop) -> None:
        if self._model.keep_thinking and slot.thinking and not isinstance(result, Drop):
            result = [{**record, "thinking": "\n".join(slot.thinking)} for record in result]
        slot.result = result
        slot.done = True
        if slot.asked:
            self._watch.saw(None)

    def _reject(self, slot: _Slot, error: RecordError) -> None:
        reject(slot.line, error, slot.outcome)
        slot.done = True
        if slot.asked:
            self._watch.saw(error.reason)

    def _enter(self, slot: _Slot) -> None:
        """Enter in the books what a talk gave, now that all before it is."""
        if slot.result is None:
            return
        result = self._step.last_word(slot.result) if isinstance(self._step, InOrder) else slot.result
        try:
            slot.outcome.lines = b"".join(self._books.settle(slot.record, result, slot.outcome))
        except RecordError as error:
            reject(slot.line, error, slot.outcome)

    def _write_finished(self) -> None:
        """Write what is finished and has nothing unfinished before it."""
        asked = False
        while self._slots and self._slots[0].done and not self._failed:
            slot = self._slots.popleft()
            self._failed = True  # unless the next lines go well: then nothing may be written behind what did not
            self._enter(slot)
            self._run.accept(slot.outcome)
            self._failed = False
            asked = asked or slot.asked
            self._bytes_done += slot.outcome.size
            self._moved.set()
        if asked:
            self._run.flush()  # it took long to make: whoever reads our output need not wait for more
        self._progress.update(self._bytes_done, self._run.ledger.read)
