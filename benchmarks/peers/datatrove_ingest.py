"""The work of `tcm ingest` as a datatrove 0.10 pipeline, with datatrove's own steps and defaults.

    pip install "datatrove[processing]==0.10.*" orjson
    python benchmarks/peers/datatrove_ingest.py OUTPUT BOOKS...

Two tasks on two workers: read, split at `<篇名>`, NFKC, length, personal data, exact duplicates, near duplicates
by MinHash on character 5-grams, JSON Lines. The documents are in OUTPUT/documents. datatrove masks e-mail and IP
addresses only. Its MinHash takes two documents that share a bucket for duplicates and does not look again.
"""

import argparse
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bare_loop import books_in, sections
from datatrove.data import Document  # type: ignore[import-not-found]
from datatrove.executor import LocalPipelineExecutor  # type: ignore[import-not-found]
from datatrove.pipeline.dedup import (  # type: ignore[import-not-found]
    ExactDedupFilter,
    ExactDedupSignature,
    ExactFindDedups,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.exact_dedup import ExactDedupConfig  # type: ignore[import-not-found]
from datatrove.pipeline.dedup.minhash import MinhashConfig  # type: ignore[import-not-found]
from datatrove.pipeline.filters import LambdaFilter  # type: ignore[import-not-found]
from datatrove.pipeline.formatters import PIIFormatter  # type: ignore[import-not-found]
from datatrove.pipeline.formatters.base import BaseFormatter  # type: ignore[import-not-found]
from datatrove.pipeline.readers import JsonlReader  # type: ignore[import-not-found]
from datatrove.pipeline.readers.base import BaseDiskReader  # type: ignore[import-not-found]
from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]
from datatrove.utils.text import TextNormConfig  # type: ignore[import-not-found]
from datatrove.utils.word_tokenizers import WordTokenizer  # type: ignore[import-not-found]

WORKERS = 2
MIN_CHARACTERS = 30
MINHASH = MinhashConfig(n_grams=5, norm_config=TextNormConfig(False, False, False, False, False))


class BookReader(BaseDiskReader):  # type: ignore[misc]
    """One document a section."""

    name = "old books"

    def read_file(self, filepath: str) -> Iterator[Document]:
        with self.data_folder.open(filepath, "rb") as stream:
            book = stream.read()
        for number, (heading, text) in enumerate(sections(book)):
            fields = {"text": text, "metadata": {"section": heading}}
            if document := self.get_document_from_dict(fields, filepath, number):
                yield document


class Nfkc(BaseFormatter):  # type: ignore[misc]
    """Unicode made uniform."""

    name = "NFKC"

    def format(self, text: str) -> str:
        return unicodedata.normalize("NFKC", text)


class Characters(WordTokenizer):  # type: ignore[misc]
    """Takes characters for words: near duplicates of Chinese are a matter of characters."""

    def word_tokenize(self, text: str) -> list[str]:
        return list("".join(text.split()))

    def sent_tokenize(self, text: str) -> list[str]:
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def is_long_enough(document: Document) -> bool:
    return len("".join(document.text.split())) >= MIN_CHARACTERS


def text_of(document: Document) -> str:
    text: str = document.text
    return text


def stages(paths: Path, work: Path, output: Path) -> Iterator[tuple[list[Any], int]]:
    """The steps of each stage, and its number of tasks."""
    exact = ExactDedupConfig(content_getter=text_of)

    def folder(name: str) -> str:
        return str(work / name)

    yield (
        [
            BookReader("/", paths_file=str(paths)),
            Nfkc(),
            LambdaFilter(is_long_enough),
            PIIFormatter(),
            JsonlWriter(folder("read"), compression=None),
            ExactDedupSignature(folder("exact-signatures"), exact),
        ],
        WORKERS,
    )
    yield [ExactFindDedups(folder("exact-signatures"), folder("exact-found"), exact)], 1
    yield (
        [
            JsonlReader(folder("read"), add_file_path=False),
            ExactDedupFilter(folder("exact-found"), exact),
            JsonlWriter(folder("distinct"), compression=None),
            MinhashDedupSignature(folder("signatures"), MINHASH, language=Characters()),
        ],
        WORKERS,
    )
    yield [MinhashDedupBuckets(folder("signatures"), folder("buckets"), config=MINHASH)], MINHASH.num_buckets
    yield [MinhashDedupCluster(folder("buckets"), folder("removed"), MINHASH)], 1
    yield (
        [
            JsonlReader(folder("distinct"), add_file_path=False),
            MinhashDedupFilter(folder("removed")),
            JsonlWriter(str(output / "documents"), compression=None),
        ],
        WORKERS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="a folder to make")
    parser.add_argument("books", type=Path, nargs="+", help="folders of books; the same one may come again")
    options = parser.parse_args()
    work = options.output / "work"
    work.mkdir(parents=True)
    paths = work / "paths.txt"
    books = (str(path.absolute()) for path in books_in(options.books))
    paths.write_text("\n".join(books), encoding="utf-8")
    for number, (steps, tasks) in enumerate(stages(paths, work, options.output)):
        # Forked workers start at once; a fork server would import datatrove anew in each stage.
        LocalPipelineExecutor(
            steps,
            tasks=tasks,
            workers=min(WORKERS, tasks),
            logging_dir=str(work / f"log-{number}"),
            start_method="fork",
        ).run()


if __name__ == "__main__":
    main()
