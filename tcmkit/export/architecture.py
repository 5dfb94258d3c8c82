"""How a model is built, as GGUF says it: sizes, positions, names of tensors."""

import math
from typing import Any

from tcmkit.errors import UsageError
from tcmkit.export.source import Source
from tcmkit.language import both

_ROPE = ("default", "linear", "yarn", "llama3")
_YARN_AS_USUAL = {"attention_factor": None, "beta_fast": 32, "beta_slow": 1, "mscale": None, "truncate": True}


class Architecture:
    """What the configuration says of a Qwen2, Qwen3 or Llama."""

    def __init__(self, source: Source, layers: int | None = None) -> None:
        """With `layers`, the model that has only its first so many. Raises UsageError for what llama.cpp cannot do."""
        config = source.config
        self.name = source.architecture
        self.config = config
        self.layers = min(config.num_hidden_layers, layers or config.num_hidden_layers)
        self.head_size = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        self.rope: dict[str, Any] = dict(config.rope_parameters)
        self._refuse_what_differs(source)

    def _refuse_what_differs(self, source: Source) -> None:
        """llama.cpp would compute something else in silence."""
        config, rope = self.config, self.rope
        kinds = getattr(config, "layer_types", None) or []
        for differs, what in (
            (config.hidden_act != "silu", f"hidden_act={config.hidden_act}"),
            (any(kind != "full_attention" for kind in kinds), "use_sliding_window"),
            (rope["rope_type"] not in _ROPE, f"rope_type={rope['rope_type']}"),
            (rope.get("partial_rotary_factor", 1.0) != 1.0, "partial_rotary_factor"),
            (self.name == "qwen3" and config.attention_bias, "attention_bias"),
            (
                any(rope.get(key) not in (None, usual) for key, usual in _YARN_AS_USUAL.items()),
                "YaRN with settings of its own",
            ),
        ):
            if differs:
                raise UsageError(
                    both(
                        f"{source.folder}: llama.cpp's {self.name} cannot do {what}; --format safetensors can",
                        f"{source.folder}：llama.cpp 的 {self.name} 不支持 {what}；--format safetensors 可以",
                    )
                )

    def describe(self, writer: Any) -> None:
        """Write the sizes."""
        config = self.config
        writer.add_context_length(config.max_position_embeddings)
        writer.add_embedding_length(config.hidden_size)
        writer.add_block_count(self.layers)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_key_length(self.head_size)
        writer.add_value_length(self.head_size)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_vocab_size(config.vocab_size)
        if self.name == "llama":
            writer.add_rope_dimension_count(self.head_size)
        self._describe_rope(writer)

    def _describe_rope(self, writer: Any) -> None:
        from gguf import RopeScalingType

        rope = self.rope
        writer.add_rope_freq_base(rope["rope_theta"])
        kinds = {"linear": RopeScalingType.LINEAR, "yarn": RopeScalingType.YARN}
        if kind := kinds.get(rope["rope_type"]):
            writer.add_rope_scaling_type(kind)
            writer.add_rope_scaling_factor(rope["factor"])
        if rope["rope_type"] == "yarn":
            writer.add_rope_scaling_orig_ctx_len(
                rope.get("original_max_position_embeddings") or self.config.max_position_embeddings
            )

    def rope_factors(self) -> list[float] | None:
        """What each frequency is divided by, in Llama 3.1's manner; None for other kinds.

        As its model card and transformers' `rope_type: llama3` have it: long waves are stretched by `factor`, short
        ones kept, between them smoothly.
        """
        rope = self.rope
        if rope["rope_type"] != "llama3":
            return None
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        context, factor = rope["original_max_position_embeddings"], rope["factor"]
        factors = []
        for at in range(0, self.head_size, 2):
            wave = 2 * math.pi * rope["rope_theta"] ** (at / self.head_size)
            if wave < context / high:
                factors.append(1.0)
            elif wave > context / low:
                factors.append(float(factor))
            else:
                smooth = (context / wave - low) / (high - low)
                factors.append(1 / ((1 - smooth) / factor + smooth))
        return factors

    def tensor_names(self, names: list[str]) -> dict[str, str]:
        """GGUF's name for each tensor that belongs to the layers taken. Raises UsageError for one that has none."""
        import gguf

        kind = {"qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3, "llama": gguf.MODEL_ARCH.LLAMA}
        known = gguf.get_tensor_name_map(kind[self.name], self.config.num_hidden_layers)
        found = {}
        for name in names:
            if name.endswith("rotary_emb.inv_freq"):  # of old files; it is computed
                continue
            new = known.get_name(name, try_suffixes=(".weight", ".bias"))
            if new is None:
                raise UsageError(
                    both(f"{name}: no such tensor in a {self.name}", f"{name}：{self.name} 没有这样的张量")
                )
            if not new.startswith("blk.") or int(new.split(".")[1]) < self.layers:
                found[name] = new
        return found

    def arranged(self, name: str, tensor: Any) -> Any:
        """The tensor as llama.cpp's Llama turns pairs of numbers: neighbours, not the two halves of a head."""
        if self.name != "llama" or ".self_attn." not in name:
            return tensor
        heads = {"q_proj": self.config.num_attention_heads, "k_proj": self.config.num_key_value_heads}
        count = heads.get(name.split(".")[-2])
        if count is None:
            return tensor
        halves = tensor.reshape(count, 2, tensor.shape[0] // count // 2, *tensor.shape[1:])
        return halves.swapaxes(1, 2).reshape(tensor.shape)
