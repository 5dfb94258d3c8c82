"""Models on the machines of a Ray cluster (`--ray` with `--llm`).

Each machine has the run's engines and answers what this process asks. Records, their order and the call cache stay
here: whatever machine a reply comes from, it is looked up and kept in one place, and the bytes are those of one.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tcmkit.errors import TcmError
from tcmkit.jsonl import Options
from tcmkit.jsonl.cluster import Origin, cannot_work
from tcmkit.jsonl.joining import connected
from tcmkit.jsonl.workers import Failure, as_failure, unwrapped
from tcmkit.language import both
from tcmkit.llm.engines import make_engines, split_spec
from tcmkit.llm.protocol import CallFailed, Engine, EngineStopped, Reply, Request, ScoresEndings, no_log_probabilities
from tcmkit.llm.settings import ModelOptions

_HOLDS_A_MODEL = frozenset({"hf", "gguf"})


@contextmanager
def engines_for(model: ModelOptions, options: Options) -> Iterator[tuple[Engine, ...]]:
    """The engines of a run: those of this process, or, with `options.ray`, those of the cluster's machines.

    Raises as `make_engines`, and TcmError when the cluster cannot be used or its machines differ.
    """
    if options.ray is None:
        yield make_engines(model.specs, model.engine)
        return
    with connected(options.ray, options.jobs) as ray:
        places = Places(ray, model)
        yield tuple(Spread(places, number, identity) for number, identity in enumerate(places.identities))


class Place:
    """The engines of one machine, in a process of Ray's. Errors are results: Ray would write them to its logs."""

    def __init__(self) -> None:
        self._engines: tuple[Engine, ...] = ()

    async def begin(self, origin: Origin, model: ModelOptions) -> "tuple[str, ...] | Failure":
        """Make the engines; what tells each from any other."""
        if failure := origin.enter():
            return failure
        try:
            self._engines = make_engines(model.specs, model.engine)
            return tuple(engine.identity for engine in self._engines)
        except Exception as error:  # it is raised again where the run is, by `unwrapped`
            return as_failure(error)

    async def do(self, number: int, what: str, *asked: Any) -> "_Said | Failure":
        """What the engine of that number gives."""
        engine = self._engines[number]
        try:
            if what == "endings" and not isinstance(engine, ScoresEndings):
                raise no_log_probabilities()
            return _Said(await getattr(engine, what)(*asked))
        except CallFailed as failed:
            return _Said(None, {**failed.__dict__})
        except EngineStopped as stopped:
            return Failure(str(stopped), EngineStopped)
        except Exception as error:  # it is raised again where the run is, by `unwrapped`
            return as_failure(error)


class _Said:
    """What came of a call: a value, or how it failed."""

    def __init__(self, value: Any, failed: "dict[str, Any] | None" = None) -> None:
        self._value = value
        self._failed = failed

    def value(self) -> Any:
        """Raises CallFailed."""
        if self._failed is not None:
            raise CallFailed(**self._failed)
        return self._value


class Places:
    """The machines of a cluster, each with the run's engines."""

    def __init__(self, ray: Any, model: ModelOptions) -> None:
        """Raises TcmError when a machine cannot make an engine, or has another model under the same name."""
        self._ray = ray
        actors = [self._placed(node, model) for node in ray.nodes() if node["Alive"]]
        origin = Origin.here()
        try:
            begun = [unwrapped(one) for one in ray.get([actor.begin.remote(origin, model) for actor in actors])]
        except ray.exceptions.RayError as error:
            raise cannot_work(error) from None
        if len(set(begun)) > 1:
            raise TcmError(
                both(
                    f"{', '.join(model.specs)} is not the same model on all machines of the cluster: install one",
                    f"{', '.join(model.specs)} 在集群各机器上不是同一模型：请统一",
                )
            )
        self.identities: tuple[str, ...] = begun[0]
        self._under_way = dict.fromkeys(actors, 0)

    def _placed(self, node: Any, model: ModelOptions) -> Any:
        """A process on that machine; it has the machine's GPUs where the model is to lie there."""
        holds = any(split_spec(spec)[0] in _HOLDS_A_MODEL for spec in model.specs)
        strategy = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        return (
            self._ray.remote(Place)
            .options(
                num_cpus=0,
                num_gpus=node["Resources"].get("GPU", 0) if holds else 0,
                max_concurrency=model.concurrency,
                scheduling_strategy=strategy,
            )
            .remote()
        )

    async def do(self, number: int, what: str, *asked: Any) -> Any:
        """What an engine gives, on the machine that has least to do; on another when that machine dies.

        Raises as the engine, and EngineStopped when no machine is left.
        """
        while self._under_way:
            actor = min(self._under_way, key=self._under_way.__getitem__)
            self._under_way[actor] = self._under_way.pop(actor) + 1  # the last: of equals the first is taken
            try:
                said = unwrapped(await actor.do.remote(number, what, *asked))
            except self._ray.exceptions.RayActorError:
                self._under_way.pop(actor, None)
                continue
            except self._ray.exceptions.RayError as error:
                raise cannot_work(error) from None
            finally:
                if actor in self._under_way:
                    self._under_way[actor] -= 1
            return said.value()
        raise EngineStopped(both("no machine of the cluster is left to ask a model", "集群中已没有可调用模型的机器"))


class Spread:
    """One of the run's engines, as all the machines have it."""

    def __init__(self, places: Places, number: int, identity: str) -> None:
        self.identity = identity
        self._places = places
        self._number = number

    async def chat(self, request: Request) -> Reply:
        """As Engine."""
        reply: Reply = await self._places.do(self._number, "chat", request)
        return reply

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The whole reply in one piece."""
        yield (await self.chat(request)).text

    async def logprobs(self, text: str) -> Sequence[float]:
        """As Engine."""
        return list(await self._places.do(self._number, "logprobs", text))

    async def endings(self, text: str, endings: Sequence[str]) -> Sequence[float]:
        """As ScoresEndings."""
        return list(await self._places.do(self._number, "endings", text, endings))

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """As Engine."""
        return list(await self._places.do(self._number, "embed", texts))

    async def close(self) -> None:
        """The machines give theirs back when the run leaves the cluster."""
