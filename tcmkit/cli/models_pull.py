"""`tcm models pull`: fetch a model's file from a hub."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tcmkit.cli.options import Language, option
from tcmkit.language import both

DETAILS = (
    "The file comes under FILE.part and gets its name when it is complete and its SHA-256 is right; run the same "
    "command again and it goes on where it stopped. HF_TOKEN is sent to the hub alone, never along a redirect.",
    "下载中的文件名为 FILE.part，完整且 SHA-256 无误后才改名；重新运行同一命令即从断点继续。"
    "HF_TOKEN 只发给模型站，不随重定向外传。",
)
EXAMPLE = "tcm models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q4_k_m.gguf --hub modelscope"


@dataclass(frozen=True)
class HubFile:
    """A file, and the hub that has it."""

    what: Annotated[str, typer.Argument(metavar="OWNER/REPO/FILE")]
    hub: Annotated[
        str,
        option(
            "--hub",
            en="hf, modelscope, a mirror's address, or one with {repo} {revision} {file} in it.",
            zh="hf、modelscope、镜像站地址，或含 {repo} {revision} {file} 的地址。",
            metavar="HUB",
        ),
    ] = "hf"
    revision: Annotated[
        str | None,
        option("--revision", en="Branch, tag or commit.", zh="分支、标签或提交。", metavar="NAME"),
    ] = None


def models_pull(
    file: HubFile,
    sha256: Annotated[
        str | None,
        option("--sha256", en="The checksum it must have.", zh="应有的校验和。", metavar="HEX"),
    ] = None,
    to: Annotated[
        str | None,
        option(
            "--to",
            en="Folder to put it in; else TCM_MODELS, else the user's data folder.",
            zh="存放的文件夹；默认 TCM_MODELS，否则为用户数据文件夹。",
            metavar="DIR",
        ),
    ] = None,
    quiet: Annotated[bool, option("-q", "--quiet", en="No progress.", zh="不显示进度。")] = False,
    lang: Language = None,
) -> int:
    """Fetch it; print where it is."""
    from tcmkit.jsonl.progress import tell
    from tcmkit.llm.fetch import Fetch
    from tcmkit.llm.hub import checked_sha256, locate
    from tcmkit.llm.places import pull_folder

    remote = locate(file.what, file.hub, file.revision)
    folder = Path(to) if to else pull_folder()
    progress = _Progress(quiet)
    fetch = Fetch(remote, folder, checked_sha256(sha256) if sha256 else None, progress.update)
    try:
        done = fetch.run()
    finally:
        progress.close()
    if not done.verified:
        tell(
            both(
                f"tcm models pull: the hub states no checksum, so nothing was compared; sha256 {done.sha256}",
                f"tcm models pull：模型站未给出校验和，未作比对；sha256 {done.sha256}",
            )
        )
    print(done.path)
    return 0


class _Progress:
    """A bar on a terminal, elsewhere a plain line now and then."""

    def __init__(self, quiet: bool) -> None:
        from tcmkit.jsonl.progress import Progress

        self._quiet = quiet
        self._progress: Progress | None = None

    def update(self, done: int, total: int | None) -> None:
        """So many bytes are here, of so many."""
        from tcmkit.jsonl.progress import Progress

        if self._progress is None:
            self._progress = Progress("models pull", total, self._quiet, "MiB")
        self._progress.update(done, done >> 20)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress:
            self._progress.close()
