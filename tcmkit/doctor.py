"""What is installed, what is missing, what is in the way: the examination behind `tcm doctor`."""

import http.client
import json
import os
import platform
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from tcmkit import __version__
from tcmkit.language import both
from tcmkit.llm.engines import ENGINES, kinds

_TIMEOUT = 3.0
_OF_DEVELOPERS = "dev"
"""The extra that no user needs."""


@dataclass
class Report:
    """The findings. `sound` is False when the base package cannot do its work."""

    tcmkit: str = __version__
    python: str = platform.python_version()
    platform: str = platform.platform()
    cores: int = os.cpu_count() or 1
    packages: dict[str, str | None] = field(default_factory=dict)
    """Version of each package that the base needs; None when missing."""
    extras: dict[str, list[str]] = field(default_factory=dict)
    """Extra to the packages of it that are missing; none means it is ready."""
    gpus: list[str] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    """Every `tcm` on PATH, the one that runs first in front."""
    clash: str | None = None
    """A `tcm` of another package that hides ours."""

    @property
    def sound(self) -> bool:
        """Whether every package of the base is there."""
        return all(self.packages.values())

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps({**asdict(self), "sound": self.sound}, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """For people, a line for each thing; ✓ is well, ✗ is not, - is absent and optional."""
        rows = [f"tcmkit {self.tcmkit}, Python {self.python}, {self.platform}, {self.cores} cores", ""]
        rows += [
            f"{'✓' if found else '✗'} {name} {found or both('missing', '缺少')}"
            for name, found in self.packages.items()
        ]
        rows += [_extra_row(name, missing) for name, missing in self.extras.items()]
        rows += [f"✓ GPU {name}" for name in self.gpus] or [both("- no GPU found", "- 未发现 GPU")]
        rows += [f"{'✓' if said == 'ok' else '✗'} {name}: {said}" for name, said in self.engines.items()]
        rows.append(_command_row(self.commands, self.clash))
        return "\n".join(rows)


def _extra_row(name: str, missing: list[str]) -> str:
    if not missing:
        return f"✓ [{name}]"
    install = f'pip install "tcmkit[{name}]"'
    return f"- [{name}] " + both(f"lacks {', '.join(missing)}: {install}", f"缺少 {'、'.join(missing)}：{install}")


def _command_row(commands: list[str], clash: str | None) -> str:
    if clash:
        return both(
            f"✗ {clash} is another program named tcm and comes first on PATH: use  tcmkit  instead",
            f"✗ PATH 中先找到的 {clash} 是另一个名为 tcm 的程序：请改用  tcmkit",
        )
    return f"✓ {commands[0]}" if commands else both("- tcm is not on PATH", "- tcm 不在 PATH 中")


def examine(base_url: str | None = None) -> Report:
    """Look at the installation; `base_url` is an OpenAI-compatible address to try."""
    base, extras = _requirements()
    commands = _commands("tcm")
    return Report(
        packages={name: _installed(name) for name in base},
        extras={extra: [n for n in names if _installed(n) is None] for extra, names in extras.items()},
        gpus=_gpus(),
        engines={"rules": "ok", **_plugins(), **({base_url: _reach(base_url)} if base_url else {})},
        commands=commands,
        clash=_clash(commands),
    )


def _plugins() -> dict[str, str]:
    """Engines of other packages, each "ok" or why it cannot be used."""
    found = {}
    for name, place in sorted(kinds().items()):
        if name not in ENGINES:
            module, _, member = place.partition(":")
            try:
                getattr(import_module(module), member)
                found[f"{name}:"] = "ok"
            except (ImportError, AttributeError) as error:
                found[f"{name}:"] = str(error)
    return found


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Names of the base's packages and, by extra, of the optional ones: read from our own metadata."""
    base: list[str] = []
    extras: dict[str, list[str]] = {}
    try:
        declared = requires("tcmkit") or []
    except PackageNotFoundError:
        return [], {}
    for line in declared:
        requirement, _, marker = line.partition(";")
        name = requirement.split("[")[0]
        for sign in "<>=!~ (":
            name = name.split(sign)[0]
        if "extra ==" in marker:
            named = extras.setdefault(marker.split("extra ==")[1].strip(" '\""), [])
            named += [name] if name not in named else []
        else:
            base.append(name)
    extras.pop(_OF_DEVELOPERS, None)
    return base, extras


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpus() -> list[str]:
    """Names of the NVIDIA cards that the driver's own tool lists."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listing = subprocess.run(
            [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listing.stdout.strip().splitlines()


def _reach(base_url: str) -> str:
    """ "ok" when the address lists its models, else what went wrong."""
    if not base_url.startswith(("http://", "https://")):
        return both("not an http address", "不是 http 地址")
    request = urllib.request.Request(base_url.rstrip("/") + "/models")
    key = os.environ.get("OPENAI_API_KEY")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:
            return "ok" if reply.status == 200 else f"HTTP {reply.status}"
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return getattr(reason, "strerror", None) or str(reason) or type(error).__name__


def _commands(name: str) -> list[str]:
    """Every executable of that name on PATH, in the order of PATH."""
    candidates = (Path(folder) / name for folder in os.get_exec_path())
    return [str(path) for path in dict.fromkeys(candidates) if path.is_file() and os.access(path, os.X_OK)]


def _clash(commands: list[str]) -> str | None:
    """The first `tcm` on PATH if it does not start this package.

    The place says nothing: installed after ours, another package's script stands where ours stood.
    """
    return None if not commands or _starts_tcmkit(Path(commands[0])) else commands[0]


def _starts_tcmkit(script: Path) -> bool:
    try:
        return b"tcmkit" in script.read_bytes()[:4096]
    except OSError:
        return False
