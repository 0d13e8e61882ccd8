import { findPreset } from '../../quantization/presets';
import { engineTitles, type EngineId } from './ids';
import { RunError, type Run } from './run';

interface Formats {
  /** What it runs, as its documentation names them. */
  readonly runs: readonly string[];
  /** Formats of presets and checkpoints that it does not load, or of whose memory in it no rule is known. */
  readonly refused: ReadonlySet<string>;
}

/** Formats of other programs, which no server of safetensors registers. */
const foreign = ['MLX', 'EXL3', 'HQQ', 'ONNX', 'OpenVINO', 'VPTQ', 'QuIP#', 'QTIP', 'SpQR', 'BitNet', 'GGUF'];

/**
 * Formats by server. vLLM and SGLang: their registries of methods (vllm/model_executor/layers/quantization/__init__.py;
 * sglang/srt/layers/quantization/__init__.py), in which GGUF stands, and HQQ of 4 bits in vLLM's older ones, but what they unpack of
 * those was not read. TensorRT-LLM: tensorrt_llm/quantization/mode.py, QuantAlgo. TGI: launcher/src/main.rs, Quantization.
 */
const formats = {
  vllm: {
    runs: ['plain weights', 'FP8', 'compressed-tensors', 'GPTQ', 'AWQ', 'AutoRound', 'bitsandbytes', 'NVFP4', 'MXFP4', 'Quark', 'torchao'],
    refused: new Set([...foreign, 'EXL2', 'EETQ']),
  },
  sglang: {
    runs: ['plain weights', 'FP8', 'compressed-tensors', 'GPTQ', 'AWQ', 'bitsandbytes', 'NVFP4', 'MXFP4', 'Quark', 'torchao'],
    refused: new Set([...foreign, 'EXL2', 'EETQ']),
  },
  'tensorrt-llm': {
    runs: ['plain weights', 'FP8', 'INT8', 'GPTQ', 'AWQ', 'NVFP4', 'MXFP4', 'ModelOpt'],
    refused: new Set([...foreign, 'EXL2', 'EETQ', 'AQLM', 'bitsandbytes']),
  },
  tgi: {
    runs: ['plain weights', 'FP8', 'compressed-tensors', 'GPTQ', 'AWQ', 'bitsandbytes', 'EETQ', 'EXL2'],
    refused: new Set([...foreign, 'AQLM']),
  },
} as const satisfies Partial<Record<EngineId, Formats>>;

/** Servers that load what others call a checkpoint. */
export type ServerId = keyof typeof formats;

/** Beginnings of the names that checkpoints' schemes have where no preset is called like them. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^mlx/, 'MLX'],
  [/^exl2/, 'EXL2'],
  [/^exl3/, 'EXL3'],
  [/^hqq/, 'HQQ'],
  [/^onnx/, 'ONNX'],
  [/^openvino/, 'OpenVINO'],
  [/^vptq/, 'VPTQ'],
  [/^quip/, 'QuIP#'],
  [/^qtip/, 'QTIP'],
  [/^spqr/, 'SpQR'],
  [/^bitnet/, 'BitNet'],
  [/^eetq/, 'EETQ'],
  [/^aqlm/, 'AQLM'],
  [/^bnb/, 'bitsandbytes'],
];

const formatOf = (scheme: string): string | undefined =>
  beginnings.find(([beginning]) => beginning.test(scheme))?.[1] ?? findPreset(scheme)?.format;

/**
 * Refuses weights that a server does not load.
 *
 * @throws RunError that names the formats it does.
 */
export function checkFormat(server: ServerId, { analysis, weights }: Pick<Run, 'analysis' | 'weights'>): void {
  const { runs, refused }: Formats = formats[server];
  const schemes = weights === 'checkpoint' ? analysis.checkpoint.scheme.split('+') : [weights];
  const other = schemes.find((scheme) => refused.has(formatOf(scheme) ?? ''));
  if (other === undefined) return;
  const known = `${runs.slice(0, -1).join(', ')} and ${runs.at(-1) ?? ''}`;
  throw new RunError(
    'weights-not-for-engine',
    `${engineTitles[server]} is followed with ${known}, not with ${other.slice(0, 60)}`,
    'weights',
  );
}
