"""What one export is told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.tables import table

Format = Literal["gguf", "safetensors", "modelfile"]
Verify = Literal["auto", "full", "quick", "none"]
_MODELFILE = ".modelfile"


@dataclass(frozen=True)
class Settings:
    """The command line, read."""

    model: str
    """A folder of transformers or peft, or a name that `hf:` takes."""
    output: Path
    quant: str = "q4_k_m"
    format: Format = "gguf"
    base: str | None = None
    """The model that an adapter is for, in place of the one it names."""
    corpus: tuple[Path, ...] = ()
    verify: Verify = "auto"
    tolerance: float = 1e-4
    """How far logits may be apart in 32 bits."""
    threads: int = 0
    """0: as many as there are cores."""

    @property
    def gguf(self) -> Path:
        """Where the GGUF file goes."""
        if self.output.name == "Modelfile":
            return self.output.with_name("model.gguf")
        return self.output.with_suffix(".gguf") if self.output.suffix == _MODELFILE else self.output

    @property
    def modelfile(self) -> Path | None:
        """Where the Modelfile goes, if one is wanted."""
        if self.format != "modelfile":
            return None
        return self.output if self.output != self.gguf else self.output.with_suffix(_MODELFILE)

    @property
    def record(self) -> Path:
        """Where the record of a GGUF file goes: beside it."""
        return self.gguf.with_name(self.gguf.name + ".json")


def checked_format(name: str | None, output: str) -> Format:
    """The format named; else what the output's name asks for: NAME.gguf, Modelfile or NAME.modelfile, else a folder.

    Raises UsageError.
    """
    if name is not None:
        return cast(Format, _one_of("--format", name, get_args(Format)))
    path = Path(output)
    if path.suffix == _MODELFILE or path.name == "Modelfile":
        return "modelfile"
    return "gguf" if path.suffix == ".gguf" else "safetensors"


def checked_verify(name: str) -> Verify:
    """How thoroughly to verify. Raises UsageError."""
    return cast(Verify, _one_of("--verify", name, get_args(Verify)))


def quants() -> dict[str, dict[str, float]]:
    """The types that can be asked for: number for llama.cpp, bits a weight."""
    found: dict[str, dict[str, float]] = table("export")["quants"]
    return found


def checked_quant(name: str) -> str:
    """The type, in lower case. Raises UsageError."""
    return _one_of("--quant", name.lower(), tuple(quants()))


def _one_of(flag: str, name: str, known: tuple[str, ...]) -> str:
    if name in known:
        return name
    choices = ", ".join(known)
    raise UsageError(both(f"{flag} {name}: choose one of {choices}", f"{flag} {name}：可选 {choices}"))
