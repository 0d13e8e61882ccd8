#!/usr/bin/env python3
"""Peaks of one rank in a training step whose model is shared among ranks by the plans of transformers, as the oracle beside this
project traces them, on a process group that is not real (torch.testing._internal.distributed.fake_pg).

    ~/.venvs/oracle/bin/python scripts/parallelPeaks.py JOBS.jsonl > ROWS.jsonl
A job is one of the oracle (memory.py, grid) with "tensor" and "expert" degrees. Routers are taken to be fair. What only finds out shapes
(DTensor's propagation, tensors on the meta device) is not counted, and waiting for a sum makes no copy of it.
"""
import argparse, json, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared" / "oracle"))
import memory, torch, torch.distributed as dist
import torch.distributed.tensor._sharding_prop as propagation
from torch._subclasses.fake_tensor import FakeTensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor
from torch.testing._internal.distributed.fake_pg import FakeStore
from transformers.distributed import expert_parallel, tensor_parallel
from transformers.distributed.parallel_utils import replace_layer_number_by_wildcard as wildcard

local = lambda tensor: tensor._local_tensor if isinstance(tensor, DTensor) else tensor


class Tracker(memory.Tracker):
    """The oracle's, which looks at local tensors and away where shapes alone are found out."""

    current = None
    away = False

    def __init__(self):
        super().__init__()
        Tracker.current = self

    def tag(self, tensor, kind=None):
        if local(tensor).device.type != "meta":
            super().tag(local(tensor), kind)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if any(issubclass(each, DTensor) for each in types):
            return NotImplemented
        if self.away:
            return func(*args, **(kwargs or {}))
        if str(func).startswith("_c10d_functional.wait_tensor"):
            return args[0]
        return super().__torch_dispatch__(func, types, args, kwargs)


def looking_away(method):
    def wrapped(*args, **kwargs):
        tracker = Tracker.current
        before, tracker.away = tracker.away, True
        try:
            return method(*args, **kwargs)
        finally:
            tracker.away = before

    return wrapped


def fill(model, dtype):
    """The oracle's, for parameters that are DTensors too."""
    made = {}

    def other(tensor):
        weight = isinstance(tensor, torch.nn.Parameter)
        new = torch.empty(local(tensor).shape, dtype=dtype if dtype and weight and tensor.is_floating_point() else tensor.dtype)
        if isinstance(tensor, DTensor):
            new = DTensor.from_local(
                new, tensor.device_mesh, tensor.placements, run_check=False, shape=tensor.shape, stride=tensor.stride()
            )
        return made.setdefault(id(tensor), (tensor, torch.nn.Parameter(new, tensor.requires_grad) if weight else new))[1]

    for module in model.modules():
        for held in (module._parameters, module._buffers, vars(module)):
            held.update({key: other(value) for key, value in held.items() if isinstance(value, torch.Tensor)})


def share(model, tensor, expert):
    """Applies the model's own plans."""
    names = [name for name, _ in model.named_modules()] + [name for name, _ in model.named_parameters()]
    tensor_mesh = init_device_mesh("cpu", (max(tensor, expert) // tensor, tensor), mesh_dim_names=("copies", "tp"))["tp"]
    if tensor > 1:
        plan = {name: style for name, style in model.tp_plan.items() if expert == 1 or ".experts" not in name}
        chosen = {name: plan[wildcard(name)] for name in names if wildcard(name) in plan}
        for name, _ in model.named_parameters():
            chosen.setdefault(name, plan.get(wildcard(name.rsplit(".", 1)[0])))
        chosen = {name: style for name, style in chosen.items() if style}
        tensor_parallel.apply_tensor_parallelism(model, tensor_mesh, chosen)
        if model.config.get_text_config().tie_word_embeddings:
            model.get_output_embeddings()._parameters["weight"] = model.get_input_embeddings()._parameters["weight"]
    if expert > 1:
        expert_mesh = init_device_mesh("cpu", (expert,), mesh_dim_names=("ep",))
        plan = {"model." + name: style for name, style in type(model.config).base_model_ep_plan.items()}
        chosen = {name: plan[wildcard(name)] for name in names if wildcard(name) in plan}
        expert_parallel.apply_expert_parallelism(model, expert_mesh, tensor_mesh, chosen, "all_to_all")
    return model


def fair(dispatch):
    """Numbers of pairs that ranks send to each other, which a trace without values doesn't know."""

    def wrapped(self, hidden, index, weights):
        pairs = index.numel() // self.tp_mesh.size() // self.ep_mesh.size()
        original, FakeTensor.tolist = FakeTensor.tolist, lambda sizes: [[pairs] * sizes.shape[1]] * 2
        try:
            return dispatch(self, hidden, index, weights)
        finally:
            FakeTensor.tolist = original

    return wrapped


def trace(job):
    tensor, expert = job.pop("tensor"), job.pop("expert")
    options = {key: value[0] if isinstance(value, tuple) else value for key, value in {**memory.OPTIONS, **memory.TRAIN}.items()}
    config = job.pop("config")
    dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=max(tensor, expert))
    build = memory.build
    memory.build = lambda *args: share(build(*args), tensor, expert)
    try:
        row = memory.measure(config, argparse.Namespace(**{**options, **job, "mode": "train"}))
    finally:
        memory.build = build
        dist.destroy_process_group()
    return {key: row[key] for key in ("parameters", "gradients", "optimizer", "activations", "peak", "phase")}


memory.Tracker, memory.fill = Tracker, fill
name = "_propagate_tensor_meta_non_cached"
setattr(propagation.ShardingPropagator, name, looking_away(getattr(propagation.ShardingPropagator, name)))
expert_parallel.AllToAllEP._dispatch_tokens = fair(expert_parallel.AllToAllEP._dispatch_tokens)

with open(sys.argv[1]) as jobs:
    for line in jobs:
        print(json.dumps(trace(json.loads(line))), flush=True)
