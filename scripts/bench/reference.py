"""Builds models of the reference library on the meta device, timed. Driven by reference.mjs.

Reads one path of a config.json per line and answers each with one line of JSON: processor seconds to build the model from the
config's text, and its parameters. Processor time, since a build is long enough to be interrupted by whatever else runs. `quantization_config` is left out: it says how files are stored and would load a quantizer.
"""

import importlib.util
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

# These models need no torchvision, and one that was built for another torch would keep transformers from being imported.
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torchvision" else find_spec(name, package)

import torch
import transformers


def build(text):
    config = json.loads(text)
    config.pop("quantization_config", None)
    model_class = getattr(transformers, config["architectures"][0])
    with torch.device("meta"):
        return model_class(model_class.config_class.from_dict(config))


def main():
    print(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        with open(line.strip(), encoding="utf-8") as file:
            text = file.read()
        started = time.process_time()
        model = build(text)
        seconds = time.process_time() - started
        print(json.dumps({"seconds": seconds, "parameters": sum(p.numel() for p in model.parameters())}), flush=True)


main()
