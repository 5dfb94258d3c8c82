"""What `tcm grpo` adds to TRL's GRPOTrainer: draws by seeds, answers on disk, signal measured, groups replaced."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from trl.trainer.utils import RepeatSampler

from tcmkit.language import both

from .answers import AnswerFile, equal_groups, no_signal
from .care import with_care
from .drawing import Draws, drawing, seed_of
from .refilling import Row, batch_of, others, rows_of
from .stalling import Stall


class Ordered(RepeatSampler):  # type: ignore[misc]
    """TRL's sampler with an order for each epoch that does not depend on the epochs before it."""

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer, also when it goes on in the middle of an epoch."""
        self.generator.manual_seed(seed_of(self.seed, "epoch", epoch))


class Groups:
    """Stands before GRPOTrainer and what takes care of it."""

    def watch_groups(self: Any, answers: Path, refill: int) -> None:
        """Say where answers are written and how often groups without signal are replaced; before training."""
        self._answers = AnswerFile(answers)
        self.add_callback(self._answers)
        self._refill = refill
        self._draw = 0
        self._totals: list[float] = []
        self._stall = Stall()
        self._logged = 0

    def _get_train_sampler(self: Any, dataset: Any = None) -> Any:
        return Ordered(
            dataset if dataset is not None else self.train_dataset,
            mini_repeat_count=self.num_generations,
            batch_size=self.args.generation_batch_size // self.num_generations,
            repeat_count=self.num_iterations * self.args.steps_per_generation,
            shuffle=True,
            seed=self.args.seed,
        )

    def _generate_single_turn(self: Any, prompt_ids: Any, *more: Any, **named: Any) -> Any:
        """Answers, each drawn by its own seed: of the run, the step, the round and its place in the batch."""
        if self.use_vllm:
            return super()._generate_single_turn(prompt_ids, *more, **named)  # type: ignore[misc]
        first = self.accelerator.process_index * len(prompt_ids)
        moment = (self.args.seed, self.state.global_step, self._draw)
        seeds = [seed_of(*moment, first + at) for at in range(len(prompt_ids))]
        draws = Draws(seeds, self.max_completion_length, self.temperature, self.top_p)
        with drawing(self.accelerator.unwrap_model(self.model), draws):
            return super()._generate_single_turn(prompt_ids, *more, **named)  # type: ignore[misc]

    def _calculate_rewards(self: Any, inputs: Any, prompts: Any, completions: Any, ids: Any) -> Any:
        """Rewards of all processes; they are also measured, and written with the answers."""
        found = super()._calculate_rewards(inputs, prompts, completions, ids)  # type: ignore[misc]
        self._totals = (found * self.reward_weights.to(found.device)).sum(1).tolist()
        by_name = {name: found[:, at].tolist() for at, name in enumerate(self.reward_func_names)}
        for name, share in no_signal(by_name, self._totals, self.num_generations).items():
            self._metrics["train"][name].append(share)
        said = gather_object(
            [
                {
                    "id": row["id"],
                    "place": row["place"],
                    "answer": row["answer"],
                    "completion": row["opened"] + text[-1]["content"],
                }
                for row, text in zip(inputs, completions, strict=True)
            ]
        )
        if self.is_world_process_zero():
            self._write(said, by_name)
        return found

    def _write(self: Any, said: Sequence[Row], rewards: dict[str, list[float]]) -> None:
        step = {"step": self.state.global_step + 1, **({"round": self._draw} if self._draw else {})}
        self._answers.write(
            [
                {
                    **step,
                    **row,
                    "rewards": {name: values[at] for name, values in rewards.items()},
                    "reward": self._totals[at],
                }
                for at, row in enumerate(said)
            ]
        )

    def _generate_and_score_completions(self: Any, inputs: list[Row]) -> dict[str, Any]:
        """The batch, its groups without signal replaced as often as was asked for."""
        self._draw = 0
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)  # type: ignore[misc]
        return self._refilled(batch, inputs) if self._refill else batch

    def _refilled(self: Any, batch: dict[str, Any], inputs: list[Row]) -> dict[str, Any]:
        group, wanted = self.num_generations, self.args.generation_batch_size // self.num_generations
        asked = {row["number"] for row in gather_object(inputs)}
        kept, empty = self._sorted(batch)
        while len(kept) < wanted and self._draw < self._refill:
            self._draw += 1
            more = self._more(asked, wanted - len(kept))
            asked |= {row["number"] for row in gather_object(more)}
            found, _ = self._sorted(super()._generate_and_score_completions(more))  # type: ignore[misc]
            kept += found
        self._metrics["train"]["refilled"].append(float(self._draw))
        rows = [row for rows in [*kept, *empty][:wanted] for row in rows]
        local = len(inputs)
        assert len(rows) == wanted * group
        first = self.accelerator.process_index * local
        made = batch_of(rows[first : first + local], self._tokenizer.pad_token_id, self.accelerator.device)
        made["num_items_in_batch"] = self.accelerator.gather(made["num_items_in_batch"]).sum()
        return made

    def _sorted(self: Any, batch: dict[str, Any]) -> tuple[list[list[Row]], list[list[Row]]]:
        """Groups of all processes, with a signal and without."""
        group, rows = self.num_generations, gather_object(rows_of(batch))
        groups = [rows[at : at + group] for at in range(0, len(rows), group)]
        equal = equal_groups(self._totals, group)
        pairs = list(zip(groups, equal, strict=True))
        return [rows for rows, is_equal in pairs if not is_equal], [rows for rows, is_equal in pairs if is_equal]

    def _more(self: Any, asked: set[int], lacking: int) -> list[Row]:
        """This process's share of the rows of other questions: at least as many groups as lack."""
        group, processes = self.num_generations, self.accelerator.num_processes
        unit = processes // math.gcd(processes, group)
        count = math.ceil(lacking / unit) * unit
        moment = (self.args.seed, self.state.global_step, self._draw)
        numbers = others(asked, len(self.train_dataset), count, *moment)
        rows = [self.train_dataset[number] for number in numbers for _ in range(group)]
        share = len(rows) // processes
        first = self.accelerator.process_index * share
        return [dict(row) for row in rows[first : first + share]]

    def log(self: Any, logs: dict[str, float], start_time: float | None = None) -> None:
        """Metrics as TRL gives them, and a sentence where learning has stalled."""
        super().log(logs, start_time)  # type: ignore[misc]
        if "loss" not in logs:
            return
        step = self.state.global_step
        for sentence in self._stall.see(step, logs, step - self._logged):
            self.say(both(f"step {step}: {sentence}", f"第 {step} 步：{sentence}"))
        self._logged = step


def with_groups(trainer: type) -> Any:
    """A subclass of GRPOTrainer that does all this."""
    return type(trainer.__name__, (Groups, with_care(trainer)), {})
