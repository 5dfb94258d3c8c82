"""`tcm models`: what is found on this machine, and what an address serves."""

import sys
from typing import TYPE_CHECKING, Annotated

from tcmkit.cli.model import BaseUrls
from tcmkit.cli.options import Language, option
from tcmkit.language import both

if TYPE_CHECKING:
    from tcmkit.llm.openai import Served

DETAILS = (
    "Looks into TCM_MODELS, ./models, the user's data folder, and the folders of Hugging Face, Ollama and LM Studio. "
    "With --base-url, asks each address for the models it serves instead. What stands in the first column is what "
    "--llm takes.",
    "查找 TCM_MODELS、./models、用户数据文件夹，以及 Hugging Face、Ollama、LM Studio 的文件夹。"
    "给出 --base-url 时改为询问各地址提供的模型。第一列即可用于 --llm。",
)
EXAMPLE = "tcm models --base-url http://localhost:8000/v1"


def models(
    base_url: BaseUrls = None,
    as_json: Annotated[bool, option("--json", en="One JSON array.", zh="输出一个 JSON 数组。")] = False,
    lang: Language = None,
) -> int:
    """Print what is found or served; 1 when an address does not answer."""
    return _of_servers(base_url, as_json) if base_url else _of_this_machine(as_json)


def _of_this_machine(as_json: bool) -> int:
    from dataclasses import asdict

    from tcmkit.cli import show
    from tcmkit.llm.found import found

    models = found()
    if as_json:
        show.as_json([asdict(model) for model in models])
    elif models:
        rows = [(model.spec, show.size(model.size), model.where) for model in models]
        show.as_table(both("model,size,kept by", "模型,大小,来源").split(","), rows)
    else:
        print(
            both(
                "no models found: fetch one with  tcm models pull OWNER/REPO/FILE.gguf",
                "没有找到模型：可用  tcm models pull 所有者/仓库/文件.gguf  下载",
            )
        )
    return 0


def _of_servers(urls: list[str], as_json: bool) -> int:
    from tcmkit.cli import show
    from tcmkit.llm.openai import served

    answers = served(urls)
    if as_json:
        show.as_json([{"base_url": each.url, "models": each.models, "error": each.error} for each in answers])
    else:
        rows = [(f"openai:{name}", each.url) for each in answers for name in each.models]
        if rows:
            show.as_table(both("model,address", "模型,地址").split(","), rows)
        for each in answers:
            _say_if_none(each)
    return 1 if any(each.error for each in answers) else 0


def _say_if_none(each: "Served") -> None:
    if each.error:
        print(f"tcm models: {each.error}", file=sys.stderr)
    elif not each.models:
        print(both(f"{each.url}: no models", f"{each.url}：没有模型"))
