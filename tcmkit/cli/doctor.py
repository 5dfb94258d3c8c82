"""`tcm doctor`: what is installed, what is missing, what is in the way."""

from typing import Annotated

from tcmkit.cli.options import Language, option

DETAILS = (
    "Exit status 1 when something that the base package needs does not work.",
    "基础功能所需的部分不能工作时，退出状态为 1。",
)
EXAMPLE = "tcm doctor --json | jq .extras"


def doctor(
    as_json: Annotated[bool, option("--json", en="One JSON object.", zh="输出一个 JSON 对象。")] = False,
    base_url: Annotated[
        str | None,
        option(
            "--base-url",
            en="An OpenAI-compatible address to try.",
            zh="要试连的 OpenAI 兼容地址。",
            envvar="OPENAI_BASE_URL",
            metavar="URL",
        ),
    ] = None,
    lang: Language = None,
) -> int:
    """Print the examination; the exit status says whether the base package works."""
    from tcmkit.doctor import examine

    report = examine(base_url)
    print(report.as_json() if as_json else report.as_text())
    return 0 if report.sound else 1
