"""The options that every verb with a model shares: which model, how it is asked, what it may cost."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcmkit.cli import complete
from tcmkit.cli.options import option
from tcmkit.errors import UsageError
from tcmkit.language import both

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcmkit.llm.settings import ModelOptions
    from tcmkit.llm.usage import Price

Engines = Annotated[
    list[str] | None,
    option(
        "--llm",
        en="The engine: rules (built in), openai:MODEL, gguf:PATH, hf:PATH, scripted:FILE.",
        zh="引擎：rules（内置）、openai:模型、gguf:路径、hf:路径、scripted:文件。",
        metavar="SPEC",
        autocompletion=complete.specs,
    ),
]
BaseUrls = Annotated[
    list[str] | None,
    option(
        "--base-url",
        en="Address of an OpenAI-compatible server; give it several times to spread the requests.",
        zh="OpenAI 兼容服务的地址；可多次给出以分摊请求。",
        metavar="URL",
    ),
]


@dataclass(frozen=True)
class ModelChoice:
    """Which model, how it is asked, and what it may cost."""

    llm: Engines = None
    base_url: BaseUrls = None
    adapter: Annotated[
        str | None,
        option("--adapter", en="Folder of a LoRA adapter, for hf:.", zh="LoRA 适配器文件夹，用于 hf:。", metavar="DIR"),
    ] = None
    concurrency: Annotated[
        int,
        option(
            "--concurrency",
            en="Most requests in flight; fewer while the server says 429.",
            zh="同时进行的请求数上限；遇 429 自动减少。",
            min=1,
            metavar="N",
        ),
    ] = 16
    temperature: Annotated[
        float, option("--temperature", en="0 is greedy.", zh="0 为贪心解码。", min=0.0, max=2.0, metavar="X")
    ] = 0.0
    top_p: Annotated[
        float,
        option(
            "--top-p",
            en="With a temperature: draw from this share.",
            zh="有温度时的核采样比例。",
            min=0.0,
            max=1.0,
            metavar="X",
        ),
    ] = 1.0
    max_tokens: Annotated[
        int,
        option(
            "--max-tokens",
            en="Longest reply; a longer one is rejected.",
            zh="回答的最大长度；超出则拒收。",
            min=1,
            metavar="N",
        ),
    ] = 2048
    context: Annotated[
        int,
        option(
            "--context",
            en="Tokens of prompt and reply together, for gguf:.",
            zh="提示与回答的总 token 数，用于 gguf:。",
            min=256,
            metavar="N",
        ),
    ] = 4096
    timeout: Annotated[
        float, option("--timeout", en="Seconds for one reply.", zh="单次回答的秒数上限。", min=0.1, metavar="S")
    ] = 120.0
    retries: Annotated[
        int, option("--retries", en="Further tries of a failed call.", zh="失败后再试的次数。", min=0, metavar="N")
    ] = 5
    cache: Annotated[
        str | None,
        option(
            "--cache",
            en="The call cache; see tcm cache stats.",
            zh="调用缓存文件；见 tcm cache stats。",
            metavar="FILE",
        ),
    ] = None
    no_cache: Annotated[bool, option("--no-cache", en="Neither read nor keep replies.", zh="不读取也不保存回答。")] = (
        False
    )
    prompt: Annotated[
        str | None,
        option(
            "--prompt",
            en="Your own prompt; begin from tcm prompts show.",
            zh="自己的提示词；可从 tcm prompts show 改起。",
            metavar="FILE",
        ),
    ] = None
    keep_thinking: Annotated[
        bool,
        option(
            "--keep-thinking", en="Keep thinking blocks in the field thinking.", zh="把思考过程保存在 thinking 字段。"
        ),
    ] = False
    estimate: Annotated[
        bool, option("--estimate", en="Say what it would use; call nothing.", zh="只估算用量，不调用。")
    ] = False
    price: Annotated[
        str | None,
        option(
            "--price",
            en="Money for a million tokens: PROMPT,REPLY.",
            zh="每百万 token 的价格：输入,输出。",
            metavar="P,R",
        ),
    ] = None
    max_tokens_total: Annotated[
        int | None,
        option(
            "--max-tokens-total",
            en="Stop when so many tokens are used.",
            zh="用满这些 token 即停止。",
            min=1,
            metavar="N",
        ),
    ] = None

    def options(self) -> "ModelOptions":
        """As engines take them; the seed comes from the shared options."""
        from tcmkit.llm.cache import default_path
        from tcmkit.llm.protocol import Sampling
        from tcmkit.llm.settings import EngineSettings, ModelOptions

        return ModelOptions(
            specs=tuple(self.llm or ("rules",)),
            engine=EngineSettings(tuple(self.base_url or ()), self.timeout, self.adapter, self.context),
            sampling=Sampling(self.temperature, self.top_p, self.max_tokens),
            concurrency=self.concurrency,
            retries=self.retries,
            cache=None if self.no_cache else Path(self.cache) if self.cache else default_path(),
            prompt=self.prompt,
            keep_thinking=self.keep_thinking,
            estimate=self.estimate,
            price=_price(self.price),
            max_tokens_total=self.max_tokens_total,
        )


def refuse_unused_addresses(specs: "Sequence[str | None]", base_urls: "Sequence[str]") -> None:
    """Raise UsageError for --base-url without an engine that would use it: who gave it would believe that one did."""
    if base_urls and not any(spec and spec.startswith("openai:") for spec in specs):
        raise UsageError(
            both(
                "--base-url is used by openai:MODEL alone, and no engine here is one: name the server's model so, or "
                "leave it out",
                "--base-url 只用于 openai:模型，而此处没有：请这样写出服务器上的模型，或去掉",
            )
        )


def _price(text: str | None) -> "Price | None":
    from tcmkit.llm.usage import Price

    if text is None:
        return None
    try:
        prompt, reply = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(both("--price is two numbers: 0.5,2", "--price 应为两个数：0.5,2")) from None
    if not (0 <= prompt < float("inf") and 0 <= reply < float("inf")):
        raise typer.BadParameter(both("--price is two numbers: 0.5,2", "--price 应为两个数：0.5,2"))
    return Price(prompt, reply)


def checked(
    model: "ModelOptions", seed: int, most_engines: int = 1, rules: bool = True, others: "Sequence[str]" = ()
) -> "ModelOptions":
    """The options with the run's seed, after a look at what they name; `others` are engines of other options.

    Raises UsageError.
    """
    from tcmkit.llm.engines import split_spec

    if len(model.specs) > most_engines:
        raise UsageError(both(f"--llm: at most {most_engines} here", f"--llm：此处至多 {most_engines} 个"))
    for spec in model.specs:
        kind, _name = split_spec(spec)
        if kind == "rules" and not rules:
            raise UsageError(both("this needs a model: give --llm", "此处需要模型：请给出 --llm"))
    refuse_unused_addresses((*model.specs, *others), model.engine.base_urls)
    for name, given in (("--estimate", model.estimate), ("--prompt", model.prompt)):
        if model.is_rules and given:  # whoever gave it would believe that it did something
            raise UsageError(both(f"{name} needs a model: give --llm", f"{name} 需要模型：请给出 --llm"))
    return replace(model, sampling=replace(model.sampling, seed=seed))
