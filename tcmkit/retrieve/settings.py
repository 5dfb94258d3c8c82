"""What a user can choose about retrieval."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

Fusion = Literal["rrf", "convex", "sparse", "dense"]
What = Literal["formulas", "cases", "graph"]
Bm25 = Literal["bm25s", "rank-bm25"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of `tcm retrieve`."""

    index: str | None = None
    """Folder of the index; None is the one that comes with the package."""
    top: int = 3
    fusion: Fusion = "rrf"
    single_stage: bool = False
    """Search all formulas, without the filter by syndrome: the paper's baseline."""
    bm25: Bm25 = "bm25s"
    what: What = "formulas"
    embed: "ModelOptions | None" = None
    """The model that embeds; None is what the index was made with."""
    classify: bool = False
    """Let the classifier name the syndromes of a query that names none."""
