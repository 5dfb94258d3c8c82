"""An Ollama Modelfile: the file, the template in Go's words, where a reply ends."""

from collections.abc import Mapping, Sequence

from tcmkit.errors import UsageError
from tcmkit.export import corpus
from tcmkit.export.vocabulary import Vocabulary
from tcmkit.language import both
from tcmkit.llm.protocol import ChatMessage
from tcmkit.tables import table


def written(vocabulary: Vocabulary, file_name: str) -> str:
    """The Modelfile of a GGUF beside it. Raises UsageError for a chat template that is not translated."""
    frame, system, opening = _read(vocabulary)
    stops = [vocabulary.tokenizer.convert_ids_to_tokens(end) for end in vocabulary.ends]
    lines = [
        f"FROM ./{file_name}",
        f'TEMPLATE """{_in_go(frame, opening)}"""',
        *([f'SYSTEM """{system}"""'] if system else []),
        *(f'PARAMETER stop "{stop}"' for stop in stops),
    ]
    return "\n".join(lines) + "\n"


def _in_go(frame: Mapping[str, str], opening: str) -> str:
    before, middle, after = frame["before"], frame["after_role"], frame["after"]
    return (
        f"{{{{- range .Messages }}}}{before}{{{{ .Role }}}}{middle}{{{{ .Content }}}}{after}"
        f"{{{{ end }}}}{before}assistant{middle}{opening}"
    )


def _read(vocabulary: Vocabulary) -> tuple[Mapping[str, str], str, str]:
    """The frame in which the template puts a message, the system message it adds by itself, what opens a reply.

    Found by rendering, not by reading: the template has to write every one of our conversations so.
    """
    if not vocabulary.template:
        raise _untranslated("no chat template", "没有对话模板")
    bos = vocabulary.tokenizer.bos_token or ""
    for frame in table("export")["frames"]:
        system, opening = _additions(vocabulary, frame, bos)
        if system is not None and opening is not None and _fits(vocabulary, frame, bos, system, opening):
            return frame, system, opening
    raise _untranslated("its chat template is of no known family", "对话模板不属于已知类型")


def _untranslated(why: str, chinese: str) -> UsageError:
    return UsageError(
        both(
            f"no Modelfile: {why}; export a .gguf, whose own template llama.cpp and its servers read",
            f"无法写出 Modelfile：{chinese}；请导出 .gguf，llama.cpp 及其服务会读取其中的模板",
        )
    )


def _framed(frame: Mapping[str, str], messages: Sequence[ChatMessage]) -> str:
    return "".join(
        f"{frame['before']}{one['role']}{frame['after_role']}{one['content']}{frame['after']}" for one in messages
    )


def _additions(vocabulary: Vocabulary, frame: Mapping[str, str], bos: str) -> tuple[str | None, str | None]:
    """What the template adds before the first message, and after the mark that begins a reply; None if no such form."""
    asked: list[ChatMessage] = [{"role": "user", "content": "?"}]
    shown = (vocabulary.rendered(asked, False) or "").removeprefix(bos)
    said = _framed(frame, asked)
    if not shown.endswith(said):
        return None, None
    system = shown.removesuffix(said)
    begins, ends = f"{frame['before']}system{frame['after_role']}", frame["after"]
    if system and not (system.startswith(begins) and system.endswith(ends)):
        return None, None
    asking = (vocabulary.rendered(asked, True) or "").removeprefix(bos)
    mark = f"{shown}{frame['before']}assistant{frame['after_role']}"
    opening = asking.removeprefix(mark) if asking.startswith(mark) else None
    return system.removeprefix(begins).removesuffix(ends), opening


def _fits(vocabulary: Vocabulary, frame: Mapping[str, str], bos: str, system: str, opening: str) -> bool:
    """Whether conversations come out so; white space around a message, which some templates take off, apart."""
    for messages in corpus.conversations():
        whole: list[ChatMessage] = [{**message, "content": message["content"].strip()} for message in messages]
        shown = vocabulary.rendered(whole, True)
        if system and whole[0]["role"] != "system":
            whole = [{"role": "system", "content": system}, *whole]
        right = f"{_framed(frame, whole)}{frame['before']}assistant{frame['after_role']}{opening}"
        if shown is None or shown.removeprefix(bos) != right:
            return False
    return True
