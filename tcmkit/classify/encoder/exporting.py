"""The network as a graph of ONNX with 8-bit weights, for laptops; refused when it does not say what torch says.

The graph in 32 bits must give torch's probabilities to CLOSE. In the quantised one the weights of the layers are 8-bit
integers, a scale for each column, and what goes into them is scaled as it comes (dynamic quantisation); embeddings and
head stay as they are. It must choose torch's label in AGREEING of the rows. 7 of the 8 bits are used: processors
without VNNI add up pairs of products in 16 bits, which would overflow.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmkit.errors import MissingExtra, TcmError
from tcmkit.jsonl.folder import write_folder
from tcmkit.language import both
from tcmkit.records import Record

from ..pages import PAGE, engine_of
from ..stacking import softmax_rows
from . import model as encoder_model
from . import tokens
from .running import Ids, Network, logits_of

CLOSE = 1e-4
AGREEING = 0.95
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


def check_extra() -> None:
    """Raise MissingExtra when a package of [onnx] is not there."""
    if any(find_spec(package) is None for package in _PACKAGES):
        raise MissingExtra("--export onnx", "onnx")


def export(folder: str, rows: Sequence[list[int]]) -> Record:
    """Write FOLDER/onnx, a model's folder of its own; what its graph gives on `rows`, beside torch.

    Raises TcmError when torch and the graph do not agree, OutputError, MissingExtra.
    """
    check_extra()
    _, page = engine_of(folder)
    model = encoder_model.load(folder, page)
    figures: Record = {}

    def fill(new: Path) -> None:
        with quiet():
            figures.update(_graphs(Path(folder), new, model.pad, rows))
        (new / tokens.FILE).write_bytes((Path(folder) / tokens.FILE).read_bytes())
        encoder_model.save_page(model, new, {**page["training"], "onnx": figures})

    write_folder(str(Path(folder) / "onnx"), PAGE, ("model", "模型"), fill)
    return figures


def _graphs(folder: Path, new: Path, pad: int, rows: Sequence[list[int]]) -> Record:
    """Both graphs, compared with torch on the rows; the small one stays in `new`."""
    from .in_onnx import FILE, OnnxNetwork
    from .in_torch import TorchNetwork

    torch_said = _shares(TorchNetwork(folder, plain=True), rows, pad)
    with tempfile.TemporaryDirectory(dir=new) as work:
        whole = Path(work) / "whole.onnx"
        write_graph(TorchNetwork(folder, plain=True).module, whole)
        whole_said = _shares(OnnxNetwork(whole), rows, pad)
        quantise(whole, new / FILE)
    small_said = _shares(OnnxNetwork(new / FILE), rows, pad)
    figures = {
        "rows": len(rows),
        "f32_max_difference": float(np.abs(whole_said - torch_said).max()),
        "int8_max_difference": float(np.abs(small_said - torch_said).max()),
        "int8_agreement": float((small_said.argmax(axis=1) == torch_said.argmax(axis=1)).mean()),
        "bytes": (new / FILE).stat().st_size,
    }
    check_parity(figures)
    return figures


def check_parity(figures: Record) -> None:
    """Raise TcmError when a graph does not say what torch says."""
    if not figures["f32_max_difference"] <= CLOSE:
        said = f"{figures['f32_max_difference']:.2g}"
        raise TcmError(
            both(
                f"--export onnx: probabilities differ from torch by {said}, more than {CLOSE}: nothing was exported; "
                "use the model's folder with torch",
                f"--export onnx：概率与 torch 相差 {said}，超过 {CLOSE}：未导出；请用 torch 运行模型文件夹",
            )
        )
    if figures["int8_agreement"] < AGREEING:
        said = f"{figures['int8_agreement']:.3f}"
        raise TcmError(
            both(
                f"--export onnx: with 8 bits only {said} of the labels are torch's, less than {AGREEING}: nothing was "
                "exported; train longer, or use the model's folder with torch",
                f"--export onnx：8 位时仅 {said} 的标签与 torch 相同，低于 {AGREEING}：未导出；"
                "请延长训练，或用 torch 运行模型文件夹",
            )
        )


def _shares(network: Network, rows: Sequence[list[int]], pad: int) -> NDArray[np.float64]:
    return softmax_rows(logits_of(network, rows, pad, 1 << 12).astype(np.float64))


def write_graph(module: Any, path: Path) -> None:
    """The network as a graph in 32 bits, for any number of rows of any length. Raises TcmError."""
    import torch

    example: Ids = np.array([[5, 6, 7, 8], [5, 6, 7, 0]], dtype=np.int64)
    ids, mask = torch.from_numpy(example), torch.from_numpy((example > 0).astype(np.int64))
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    try:
        torch.onnx.export(
            module,
            (ids, mask),
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes=(free, free),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ValueError) as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise TcmError(
            both(
                f"--export onnx: torch cannot export this encoder: {why}",
                f"--export onnx：torch 无法导出此编码器：{why}",
            )
        ) from None


def quantise(source: Path, target: Path) -> None:
    """The graph with 8-bit weights in its layers."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(str(source))
    del graph.graph.value_info[:]  # shapes of names that torch uses twice
    quantize_dynamic(
        graph,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' advice to each other."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
