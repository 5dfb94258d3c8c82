"""What a run would use, before a call is made."""

import itertools
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

from tcmkit.errors import DONE, RecordError
from tcmkit.jsonl import Options, codec
from tcmkit.jsonl.batch import Outcome, begin
from tcmkit.jsonl.inputs import lines
from tcmkit.jsonl.progress import tell
from tcmkit.jsonl.sink import Sink
from tcmkit.jsonl.source import check_inputs
from tcmkit.language import both
from tcmkit.llm.asking import Asker, Missing
from tcmkit.llm.cache import Cache
from tcmkit.llm.engines import make_engines
from tcmkit.llm.protocol import Schema, Usage
from tcmkit.llm.settings import ModelOptions
from tcmkit.llm.talk import Call, TalkStep
from tcmkit.llm.usage import Meter, rough_tokens


def estimate(verb: str, step: TalkStep, model: ModelOptions, options: Options) -> int:
    """Say on stderr, and in --summary, what a run would use; the exit status.

    Counts the calls that the cache does not answer, of each record up to one on whose answer the next call depends.
    Repairs are not foreseen.
    """
    check_inputs(options.inputs)
    cache = Cache(model.cache) if model.cache and model.cache.exists() else None
    engines = make_engines(model.specs, model.engine)
    asker = Asker(engines, model, cache, Meter())
    counted: dict[str, int] = {"records": 0, "unusable": 0, "calls": 0, "from_cache": 0}
    would_use = Usage()
    for line in itertools.islice(lines(options.inputs), options.limit):
        try:
            for call in _unanswered(step, begin(line, Outcome()), asker):
                counted["calls"] += 1
                would_use += _usage(call, model)
        except RecordError:
            counted["unusable"] += 1
        else:
            counted["records"] += 1
    counted["from_cache"] = asker.meter.cached
    if cache:
        cache.close()
    _say(verb, counted, would_use, model, options)
    return DONE


def _unanswered(step: TalkStep, record: dict[str, Any], asker: Asker) -> Iterator[Call]:
    talk = step(record)
    with closing(talk), suppress(StopIteration):
        call = next(talk)
        while True:
            try:
                answer = asker.kept(call).value
            except Missing:
                yield call
                if not call.independent:
                    return
                answer = _empty(call.schema)
            call = talk.send(answer)


def _empty(schema: Schema | None) -> Any:
    """The answer of that shape that says nothing.

    >>> _empty({"properties": {"items": {"type": "array"}, "toxic": {"type": "boolean"}, "why": {"type": "string"}}})
    {'items': [], 'toxic': False, 'why': ''}
    """
    schema = schema or {}
    if "properties" in schema:
        return {name: _empty(inner) for name, inner in schema["properties"].items()}
    return {"array": [], "boolean": False, "integer": 0, "number": 0}.get(schema.get("type", "string"), "")


def _usage(call: Call, model: ModelOptions) -> Usage:
    asked = sum(rough_tokens(message["content"]) for message in call.messages)
    return Usage(asked, min(call.expected_tokens, call.request(model.sampling).sampling.max_tokens))


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
