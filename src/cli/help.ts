import { cacheDtypes, engines } from '../engine/index';
import { defaultPrecisions } from './arguments';

export const usageLine = 'usage: vram-lens [options] FILE… [-- engine flags] | schemes | verify DIR… | check LOG';

export const helpText = `${usageLine}

Reads model configs (config.json) and prints parameters, memory, cache and the hardware that they fit.

  FILE                  a config; - reads standard input; a .gguf or .safetensors file: what its header says
  --json                one JSON object per file
  --jsonl               one config per line of standard input, one JSON object per line, in order
  --context N           tokens per sequence (default: 8192, or the model's limit where that is less)
  --batch N             sequences at once (default: 1)
  --kv-dtype TYPE       type of cached keys and values: ${cacheDtypes.join(', ')} (default: the file's)
  --precision NAME,…    weights at these precisions (default: ${defaultPrecisions.join(', ')});
                        checkpoint (what the file says), all, or presets that "vram-lens schemes" lists
  --no-imatrix          GGUF presets as llama-quantize makes them without an importance matrix
  --llama-cpp-date DAY  GGUF presets by the rules of that day (2026-03-01; default: the newest)
  --keep PART,…         left at the checkpoint's own type too: attention, mlp, experts, router, embedding, head,
                        towers, first:N, last:N (whole layers at the ends)
  --quantize PART,…     quantized although the preset leaves it alone: the same parts
  --device NAME[:COUNT] where it should fit, 1 to 16 of a kind; may be given several times
  --engine NAME         one start of an engine: ${engines.map(({ id }) => id).join(', ')}; its own flags
                        stand after --, with --device NAME[:COUNT] (of llama.cpp several kinds) or --memory BYTES
                        (per device, as the driver reports)
  --engine-version V    the version that is run (default: the newest that is known)
  --weights NAME        with --engine: checkpoint (default) or a preset
  --draft-config FILE   with --engine: the config of the draft that the engine's flags ask for (vLLM, SGLang, llama.cpp)
  --draft-weights NAME  its weights: checkpoint or a preset
  --lengths N[:COUNT],… sequences of these lengths at once; with --engine in its pages, and whether they fit
  --shared-prefix N     of --lengths: tokens that all of them begin with, kept once by engines that share them
  --image WxH[:COUNT],… tokens and cache of images by the model's own processor; a4@150, letter@200: pages at so many dpi
  --video WxHxFRAMES,…  the same of clips, and
  --audio SECONDS,…     of audio (30s, 5m)
  --tensors             with --json: every tensor by name, shape and number
  verify DIR…           compare a folder's safetensors, index or GGUF files with its config, tensor by tensor, by their
                        headers alone (with --json: as JSON); DIR may be the config itself
  check LOG             hold the figures of a start-up log (vLLM, SGLang, llama.cpp, Ollama; - for standard input)
                        against what the engine's rules say of the same run; with --config FILE (its config.json),
                        --engine-version, --device, --memory and --weights for what the log does not print, --start N
                        for another start in it, --save-profile FILE to keep what is this machine's own
  --profile FILE        with --engine: what check --save-profile kept of the machine
  schemes               list the presets (with --json: as JSON)
  --devices             list the known devices (with --json: as JSON)
  -h, --help            this text
  -V, --version         the version

Exit codes: 0 all estimated (verify: 0 bytes off; check: all within their bands), 1 some input failed
(verify, check: differs or cannot be compared), 2 wrong usage. Errors go to standard error, one line each.
The JSON is documented in docs/cli.md.
`;
