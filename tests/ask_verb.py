"""A verb with a model as a later one would be written, for the tests of engines, cache and run."""

from typing import Annotated, Any

from tcmkit import cli
from tcmkit.cli import app
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, with_pipe
from tcmkit.llm import Call, ModelOptions, ReplyError, Talk
from tcmkit.records import Drop, Record

DETAILS = ("For tests.", "测试用。")
EXAMPLE = "tcm ask records.jsonl --llm openai:tiny"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


class Ask:
    """Asks `ask` of each record, twice with `twice`; wants JSON with `json`, and 甲 in the answer with `must`."""

    def __call__(self, record: Record) -> Talk:
        if "ask" not in record:
            return [record]
        if record.get("drop"):
            return Drop("unwanted")
        call = Call(
            ({"role": "user", "content": record["ask"]},),
            schema=SCHEMA if record.get("json") else None,
            check=_must_say_so if record.get("must") else None,
        )
        answer: Any = yield call
        if record.get("twice"):
            answer = [answer, (yield Call(({"role": "user", "content": f"again {record['ask']}"},)))]
        return [{**record, "answer": answer}]


def _must_say_so(answer: Any) -> None:
    if "甲" not in str(answer):
        raise ReplyError("not_said", "请说甲。")


@with_pipe(model=1, spreads=True)
def ask(
    pipe: Pipe, model: ModelOptions, unique_by: Annotated[str, option("--unique-by", en="Unique.", zh="去重。")] = ""
) -> int:
    """Run the talk over the inputs."""
    return pipe.run_talks("ask", Ask, model, unique_by)


if __name__ == "__main__":
    app.VERBS["ask"] = app.Verb("ask_verb:ask", "Ask a model.")
    cli.main()
