"""An index on disk: a folder of plain files, memory-mapped, that knows what made it."""

import hashlib
import json
import mmap
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tcmkit import __version__
from tcmkit.errors import InputError
from tcmkit.jsonl.folder import write_folder
from tcmkit.language import both
from tcmkit.records import Record
from tcmkit.retrieve.dense import Floats, Lsa
from tcmkit.retrieve.nearest import Nearest, write_faiss
from tcmkit.retrieve.sparse import Sparse

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions
    from tcmkit.retrieve.engine import Embedder

FORMAT = 2
"""Changes when the tokens or the files change in a way that the tables do not show."""
_TABLES = (
    *("finding_forms", "formula_terms", "formula_knowledge", "formulas"),
    *("ten_questions", "disease_names", "syndromes"),
)
_MANIFEST = "manifest.json"
EMBEDDED = Path(str(files("tcmkit").joinpath("data", "index")))
"""The index that comes with the package."""
Array = npt.NDArray[Any]


def fingerprint() -> str:
    """What the tokens of an index depend on: the tables behind them, and the format."""
    digest = hashlib.blake2b(f"format {FORMAT}".encode(), digest_size=8)
    for name in _TABLES:
        digest.update(files("tcmkit").joinpath("data", f"{name}.json").read_bytes())
    return digest.hexdigest()


class Contents(NamedTuple):
    """All that an index holds."""

    kind: str
    """formulas or cases."""
    items: list[Record]
    texts: list[list[str]]
    """The passages of each item: what it is found by."""
    masks: Array
    """Elements of each passage."""
    priors: Array
    """How classic each item is, 0 to 1."""
    sparse: Sparse
    vectors: Floats
    """A unit vector for each passage."""
    lsa: Lsa | None = None
    """What made the vectors, unless it was an engine."""
    engine: Mapping[str, str] | None = None
    """The engine that made the vectors: its `spec` and `identity`."""


def write(contents: Contents, folder: str) -> None:
    """Write the index whole or not at all. Raises OutputError; a folder that is no index is not replaced."""
    write_folder(folder, _MANIFEST, ("index", "索引"), lambda new: _fill(new, contents))


def _fill(folder: Path, contents: Contents) -> None:
    sparse, lsa = contents.sparse, contents.lsa
    arrays = {
        "passages": np.cumsum([0, *map(len, contents.texts)]).astype(np.int64),
        "masks": contents.masks,
        "priors": contents.priors,
        "sparse-data": sparse.data,
        "sparse-indices": sparse.indices,
        "sparse-indptr": sparse.indptr,
        "dense-vectors": contents.vectors,
        "items": _write_lines(folder / "items.jsonl", contents.items),
        "texts": _write_lines(folder / "texts.jsonl", contents.texts),
    }
    if lsa:
        arrays |= {"dense-basis": lsa.basis, "dense-idf": lsa.idf}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    write_faiss(contents.vectors, folder)
    for name, vocabulary in (("sparse", sparse.vocabulary), ("dense", lsa.vocabulary if lsa else {})):
        (folder / f"{name}-vocabulary.json").write_bytes(_dump(sorted(vocabulary, key=vocabulary.__getitem__)))
    manifest = {
        "kind": contents.kind,
        "format": FORMAT,
        "fingerprint": fingerprint(),
        "items": len(contents.items),
        "offered": sum(item.get("auto_recommend") is not False for item in contents.items),
        "passages": sparse.passages,
        "engine": contents.engine,
        "tcmkit": __version__,
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _write_lines(path: Path, items: Iterable[Any]) -> Array:
    """Write one item a line; where each begins, and the end."""
    ends = [0]
    with path.open("wb") as lines:
        for item in items:
            ends.append(ends[-1] + lines.write(_dump(item) + b"\n"))
    return np.array(ends, dtype=np.int64)


def _dump(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value)


class Index:
    """An index opened for reading. Files are mapped when they are asked for."""

    def __init__(self, folder: str | None, kind: str = "formulas") -> None:
        """Open `folder`; None is the index of the package.

        Raises InputError, with the command that builds one, for a folder that is none, is of another kind, or was
        made by other tables.
        """
        self._folder = Path(folder) if folder is not None else EMBEDDED
        self._name = folder if folder is not None else str(self._folder)
        manifest = self._manifest()
        self._engine: Mapping[str, str] | None = manifest.get("engine")
        self.offered = int(manifest.get("offered", manifest.get("items", 0)))
        """How many items may be among the hits: those that are never to be offered are not counted."""
        self._rebuild = rebuild = f"tcm retrieve index FILE -o {self._name}" + (
            " --what cases" if kind == "cases" else ""
        )
        if manifest.get("kind") != kind:
            raise _refused(self._name, "is no index of " + kind, f"不是 {kind} 的索引", rebuild)
        if manifest.get("format") != FORMAT or manifest.get("fingerprint") != fingerprint():
            raise _refused(self._name, "was made by another version", "由其他版本建立", rebuild)

    def _manifest(self) -> Mapping[str, Any]:
        try:
            manifest = json.loads((self._folder / _MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            manifest = None
        return manifest if isinstance(manifest, dict) else {}

    def _array(self, name: str) -> Array:
        mapped: Array = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return mapped.view(np.ndarray)  # still mapped; slices of numpy's own memmap cost more

    def _vocabulary(self, name: str) -> dict[str, int]:
        import orjson

        words = orjson.loads((self._folder / f"{name}-vocabulary.json").read_bytes())
        return {word: place for place, word in enumerate(words)}

    @cached_property
    def sparse(self) -> Sparse:
        """The BM25 matrix."""
        data, indices, indptr = (self._array(f"sparse-{part}") for part in ("data", "indices", "indptr"))
        return Sparse(data, indices, indptr, self._vocabulary("sparse"), int(self.passages[-1]))

    @cached_property
    def lsa(self) -> Lsa:
        """What made the vectors of an index without an engine."""
        return Lsa(self._array("dense-basis"), self._array("dense-idf"), self._vocabulary("dense"))

    def embedder(self, options: "ModelOptions | None") -> "Embedder | None":
        """The model that made the vectors; None for LSA. Raises InputError when `options` name another."""
        if self._engine is not None:
            from tcmkit.retrieve.engine import embedder_of

            return embedder_of(self._engine, options, self._rebuild)
        if options is not None:
            again = f"{self._rebuild} --embed {options.spec}"
            raise _refused(self._name, "was embedded without a model", "的向量不是由模型建立", again)
        return None

    @cached_property
    def vectors(self) -> Floats:
        """A unit vector for each passage."""
        return self._array("dense-vectors")

    @cached_property
    def nearest(self) -> Nearest:
        """Search in the vectors."""
        return Nearest(self.vectors, self._folder)

    @cached_property
    def passages(self) -> Array:
        """Where the passages of each item begin."""
        return self._array("passages")

    @cached_property
    def masks(self) -> Array:
        """Elements of each passage."""
        return self._array("masks")

    @cached_property
    def priors(self) -> Array:
        """How classic each item is."""
        return self._array("priors")

    @cached_property
    def _ends(self) -> dict[str, Array]:
        return {name: self._array(name) for name in ("items", "texts")}

    @cached_property
    def _bytes(self) -> dict[str, mmap.mmap]:
        """The lines, mapped."""
        mapped = {}
        for name in ("items", "texts"):
            with (self._folder / f"{name}.jsonl").open("rb") as lines:
                mapped[name] = mmap.mmap(lines.fileno(), 0, access=mmap.ACCESS_READ)
        return mapped

    def __len__(self) -> int:
        return len(self._ends["items"]) - 1

    def _line(self, name: str, place: int) -> Any:
        import orjson

        ends = self._ends[name]
        return orjson.loads(self._bytes[name][ends[place] : ends[place + 1]])

    def item(self, place: int) -> Record:
        """An item by its place."""
        item: Record = self._line("items", place)
        return item

    def texts(self, place: int) -> list[str]:
        """The passages of an item."""
        texts: list[str] = self._line("texts", place)
        return texts


def _refused(name: str, english: str, chinese: str, rebuild: str) -> InputError:
    return InputError(both(f"{name} {english}; build it: {rebuild}", f"{name} {chinese}；请重建：{rebuild}"))
