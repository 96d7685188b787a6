"""Several processes that learn together: what they split, average, agree on and wait for.

Each takes its share of every step's images, and before each update the gradients are averaged; so
all have the same weights at all times, and those that one process would have had, as far as nothing
in the step is random. As in torch itself, the group is one for the whole process, and every
function here does the obvious where there is none: with one process nothing is different.

All of them go through the same code in the same order. What is not split, the first does while the
others wait.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import msgspec
import numpy as np
import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.distributed.distributed_c10d import Store

from inspector.errors import InspectorError
from inspector.jobs.processes import uneven
from training.checkpoints import Training
from training.joining import open_store, start_deadline, take_device
from training.processes import Others, Place

_STEP_PATIENCE = timedelta(minutes=15)  # of one step; else a process hangs
_LONGEST_PAUSE_S = 0.1

T = TypeVar("T")


class ProcessLost(InspectorError):
    """Another process of the training is gone."""


@dataclass(slots=True)
class _Group:
    place: Place
    store: Store
    others: Others | None
    meetings: int = 0


_group: _Group | None = None


def join(place: Place, others: Others | None, device_name: str) -> None:
    """Joins the group of this training's processes.

    Args:
        place: Of this process, as the environment says.
        others: The processes that this one has started; then it is the first.
        device_name: As `TrainJob.device`.

    Raises:
        InspectorError: There are fewer GPUs than processes, or the others do not come.
    """
    global _group
    if others is not None:
        place = Place(0, others.size, 0)
    if place.size == 1:
        return
    # The first answers for all that it has started: only what it says reaches the user at once.
    backend = take_device(place, device_name, others.size if others else place.local + 1)
    try:
        store = open_store(others)
        _group = _Group(place, store, others)
        exchange(None, start_deadline())  # here the first notices where another one dies
        dist.init_process_group(
            backend, store=store, rank=place.rank, world_size=place.size, timeout=_STEP_PATIENCE
        )
    except (RuntimeError, TimeoutError) as error:
        raise InspectorError(
            f"The {place.size} processes of the training did not find each other ({error}).",
            "The log of the run may tell why; with --processes 1 it needs no other.",
        ) from error


def leave(failure: BaseException | None = None) -> None:
    """Leaves the group; what has failed here, if it is for the user, the first process is told."""
    global _group
    if _group is None:
        return
    group, _group = _group, None
    if isinstance(failure, InspectorError) and not isinstance(failure, ProcessLost):
        with contextlib.suppress(RuntimeError):
            words = msgspec.json.encode([failure.message, failure.hint]).decode()
            group.store.set(_failure_of(group.place.rank), words)
    # After a failure the others may sit in a computation: waiting for them could take for ever.
    if failure is None and dist.is_initialized():
        dist.destroy_process_group()


def part(check: Callable[[], None]) -> bool:
    """The processes part, all at the same time, as leaving is something that they do together on
    GPUs. Gives whether this one, now alone, goes on.

    Args:
        check: As for `exchange`.
    """
    goes_on = is_first()
    exchange(None, check)
    leave()
    return goes_on


def size() -> int:
    """How many processes learn together."""
    return 1 if _group is None else _group.place.size


def is_first() -> bool:
    """Whether this is the process that does what is not split, and writes."""
    return _group is None or _group.place.rank == 0


def own(rows: Sequence[T]) -> list[T]:
    """This process's share of a step's rows: equally many for each, in their order.

    Raises:
        InspectorError: They cannot be split evenly.
    """
    if _group is None:
        return list(rows)
    place = _group.place
    if len(rows) % place.size:
        raise uneven(len(rows), place.size)
    count = len(rows) // place.size
    return list(rows[place.rank * count : (place.rank + 1) * count])


def everyones(share: Tensor) -> Tensor:
    """The shares (n, …) of all processes, (size · n, …), in the order of `own`. No gradient."""
    if _group is None:
        return share
    share = share.detach().contiguous()
    parts = [torch.empty_like(share) for _ in range(size())]
    with _telling_losses():
        dist.all_gather(parts, share)
    return torch.cat(parts)


def summed(tensor: Tensor) -> Tensor:
    """The sum of this tensor over all processes."""
    if _group is None:
        return tensor
    total = tensor.detach().clone(memory_format=torch.contiguous_format)
    with _telling_losses():
        dist.all_reduce(total)
    return total


def rank() -> int:
    """The number of this process, from 0."""
    return 0 if _group is None else _group.place.rank


def exchange(said: T, check: Callable[[], None] = lambda: None) -> list[T]:
    """What each process says here, in their order; waits for all of them, however long it takes.

    Args:
        said: Anything that JSON has.
        check: Called while waiting: raises where the run is to be stopped.

    Raises:
        ProcessLost: One of the others is gone.
    """
    if _group is None:
        return [said]
    store, number = _group.store, _group.meetings
    _group.meetings += 1
    keys = [f"meeting-{number}-{other}" for other in range(size())]
    pause = 0.001
    with _telling_losses():
        store.set(keys[rank()], msgspec.json.encode(said).decode())
        while not store.check(keys):
            check()
            _check_others(_group)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        return [msgspec.json.decode(store.get(key)) for key in keys]


def in_turns(portions: Sequence[T]) -> Sequence[T]:
    """Those of many portions of work that are this process's: one each in turn."""
    return portions[rank() :: size()]


class Tally:
    """A number that all processes count up together."""

    def __init__(self) -> None:
        self._name = f"tally-{0 if _group is None else _group.meetings}"
        self._own = 0

    def add(self, more: int) -> int:
        """Adds to it; gives what it is now."""
        if _group is None:
            self._own += more
            return self._own
        with _telling_losses():
            return int(_group.store.add(self._name, more))


@contextlib.contextmanager
def first_before_others(check: Callable[[], None]) -> Iterator[None]:
    """The first process goes through the block, then the others: they find what it has left."""
    if not is_first():
        exchange(None, check)
    yield
    if is_first():
        exchange(None, check)


def take_over(module: nn.Module) -> None:
    """Gives all processes the first one's state of a module; banks may be of another length."""
    if _group is None:
        return
    data = b""
    if is_first():
        state = module.state_dict()
        data = save({name: tensor.cpu().contiguous() for name, tensor in state.items()})
    length = torch.tensor([len(data)])
    with _telling_losses():
        dist.broadcast(length, 0)
        # A copy, as torch wants to write into what it is given.
        sent = torch.empty(int(length), dtype=torch.uint8)
        if is_first():
            sent.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        dist.broadcast(sent, 0)
    if not is_first():
        module.load_state_dict(load(sent.numpy().tobytes()))


class Pace(Protocol):
    """What keeps processes at the same step."""

    def is_to_end(self, step: int, *, asked: bool) -> bool:
        """Whether the loop ends before this step: where the first process was asked to."""
        ...


class Alone:
    """The pace of one process."""

    def is_to_end(self, step: int, *, asked: bool) -> bool:
        """See `Pace`."""
        return asked


class _Joint:
    """The pace of several.

    What a step draws at random is a function of seed, step and process: so nobody but the first
    needs to save its random state.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def is_to_end(self, step: int, *, asked: bool) -> bool:
        told = torch.tensor([int(asked)])
        with _telling_losses():
            dist.broadcast(told, 0)
        numbers = np.random.SeedSequence([self._seed, step, rank()]).generate_state(1, np.uint64)
        seed = int(numbers[0]) >> 1
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_available():
            torch.cuda.manual_seed(seed)
        return bool(told.item())


@contextlib.contextmanager
def together(training: Training, step: int, seed: int, check: Callable[[], None]) -> Iterator[Pace]:
    """While this lasts, all processes learn one model: see the module.

    Args:
        training: Restored to `step` by each process for itself.
        step: The first step to be done.
        seed: Of what is random within the steps.
        check: As for `exchange`.

    Raises:
        InspectorError: The processes have found different checkpoints.
    """
    if _group is None:
        yield Alone()
        return
    if len(set(exchange(step, check))) > 1:
        raise InspectorError(
            "The processes of the training have found different checkpoints.",
            "Start it where all of them see the same project folder.",
        )
    for tensor in training.model.state_dict().values():
        same = tensor.detach().contiguous()
        with _telling_losses():
            dist.broadcast(same, 0)
        tensor.copy_(same)
    averaging = _Averaging(training.parameters())
    try:
        yield _Joint(seed)
    finally:
        averaging.stop()


class _Averaging:
    """Averages the gradients of parameters over the processes at the end of each backward pass."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self._parameters = [p for p in parameters if p.requires_grad]
        self._is_due = False
        self._hooks = [
            p.register_post_accumulate_grad_hook(self._on_gradient)  # type: ignore[no-untyped-call]
            for p in self._parameters
        ]

    def stop(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _on_gradient(self, _: Tensor) -> None:
        if not self._is_due:
            self._is_due = True
            # The way in which torch's own data parallelism is called at the end of the pass.
            engine = torch.autograd.Variable._execution_engine
            engine.queue_callback(self._average)

    @torch.no_grad()
    def _average(self) -> None:
        self._is_due = False
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        total = summed(torch.cat([gradient.reshape(-1) for gradient in gradients])) / size()
        parts = torch.split(total, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view(gradient.shape))


@contextlib.contextmanager
def _telling_losses() -> Iterator[None]:
    """Around whatever needs the other processes: torch's errors there mean that one is gone."""
    try:
        yield
    except RuntimeError as error:
        if _group is not None and is_first():
            _raise_failures(_group)
        lost = _group.others.lost if _group is not None and _group.others is not None else None
        raise _loss(lost) from error


def _check_others(group: _Group) -> None:
    if group.others is not None and group.others.lost is not None:
        _raise_failures(group)
        raise _loss(group.others.lost)


def _raise_failures(group: _Group) -> None:
    """Raises what another process has said when it failed."""
    for other in range(1, group.place.size):
        with contextlib.suppress(dist.DistError):
            if group.store.check([_failure_of(other)]):
                raise InspectorError(*msgspec.json.decode(group.store.get(_failure_of(other))))


def _failure_of(other: int) -> str:
    return f"failure-{other}"


def _loss(lost: int | None) -> ProcessLost:
    which = "A process" if lost is None else f"Process {lost + 1}"
    return ProcessLost(
        f"{which} of the {size()} that trained together has ended or does not answer.",
        "Go on from the last checkpoint with --resume; the log of the run may tell why it ended.",
    )
