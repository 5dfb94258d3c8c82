"""The encoder engine: a network that reads the case, on top of what the built-in engine knows.

JingFang's syndrome agent (Yang, Ma et al., 2025): RoBERTa with a classification head. It runs
in torch (extra [train]), or as a quantised graph with onnxruntime and tokenizers alone (extra [onnx]).

    model     what a folder holds; opinions weighed into probabilities
    tokens    texts to numbers                 running   numbers to logits, sorted by length
    in_torch, in_onnx                          the two ways to run the network
    lessons, trainer, fitting                  training: rows, the trainer in its own process, the verb
    exporting                                  the graph, its quantised form, and whether they agree
"""

from .model import EncoderModel, load

__all__ = ["EncoderModel", "load"]
