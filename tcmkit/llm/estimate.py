"""What a run would use, before a call is made."""

import itertools
from typing import Any

from tcmkit.errors import DONE, RecordError
from tcmkit.jsonl import Options, codec
from tcmkit.jsonl.batch import Outcome, begin
from tcmkit.jsonl.progress import tell
from tcmkit.jsonl.sink import Sink
from tcmkit.jsonl.source import check_inputs, lines
from tcmkit.language import both
from tcmkit.llm.asking import Asker, Missing
from tcmkit.llm.cache import Cache
from tcmkit.llm.engines import make_engine
from tcmkit.llm.protocol import Usage
from tcmkit.llm.settings import ModelOptions
from tcmkit.llm.talk import Call, TalkStep
from tcmkit.llm.usage import Meter, rough_tokens


def estimate(verb: str, step: TalkStep, model: ModelOptions, options: Options) -> int:
    """Say on stderr, and in --summary, what a run would use; the exit status.

    Counts the first call of each record that the cache does not answer. Later calls of the same record depend on the
    answers, so a verb that asks several times a record uses more.
    """
    check_inputs(options.inputs)
    cache = Cache(model.cache) if model.cache and model.cache.exists() else None
    engines = tuple(make_engine(spec, model.engine) for spec in model.specs)
    asker = Asker(engines, model, cache, Meter())
    counted: dict[str, int] = {"records": 0, "calls": 0, "from_cache": 0}
    would_use = Usage()
    for line in itertools.islice(lines(options.inputs), options.limit):
        try:
            call = _first_unanswered(step, begin(line, Outcome()), asker)
        except RecordError:
            continue
        counted["records"] += 1
        if call:
            counted["calls"] += 1
            asked = sum(rough_tokens(message["content"]) for message in call.messages)
            would_use += Usage(asked, min(call.expected_tokens, call.request(model.sampling).sampling.max_tokens))
    counted["from_cache"] = asker.meter.cached
    if cache:
        cache.close()
    _say(verb, counted, would_use, model, options)
    return DONE


def _first_unanswered(step: TalkStep, record: dict[str, Any], asker: Asker) -> Call | None:
    talk = step(record)
    try:
        call = next(talk)
        while True:
            call = talk.send(asker.kept(call).value)
    except Missing:
        talk.close()
        return call
    except StopIteration:
        return None


def _say(verb: str, counted: dict[str, int], would_use: Usage, model: ModelOptions, options: Options) -> None:
    cost = round(model.price.of(would_use), 4) if model.price else None
    records, calls, prompt, completion = counted["records"], counted["calls"], would_use.prompt, would_use.completion
    tell(
        f"tcm {verb}: "
        + both(
            f"{records} records, {calls} calls to make, about {prompt} tokens of prompt and {completion} of reply",
            f"{records} 条记录，需调用 {calls} 次，约 {prompt} 个输入 token、{completion} 个输出 token",
        )
        + ("" if cost is None else both(f"; about {cost:g} in all", f"；费用约 {cost:g}"))
    )
    if options.summary:
        tokens = {"prompt": prompt, "completion": completion}
        written = {"verb": verb, "estimate": {**counted, "tokens": tokens, **({} if cost is None else {"cost": cost})}}
        summary = Sink(options.summary)
        summary.write(codec.dump(written))
        summary.finish()
