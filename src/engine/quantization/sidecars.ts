import { parseConfig } from '../config/document';
import { isObject, type JsonObject } from '../config/json';
import type { ProcessorFiles } from '../media/settings';
import type { CacheDtype } from '../units/dtypes';
import type { Writer } from './writers';

/** What files beside a config say of its quantization and its processors, each as the object that it holds. */
export interface Sidecars extends ProcessorFiles {
  /** `hf_quant_config.json` of NVIDIA ModelOpt. */
  readonly hfQuantConfig?: JsonObject;
  /** `quantize_config.json` of AutoGPTQ and GPTQModel. */
  readonly quantizeConfig?: JsonObject;
  /** `quant_config.json` of AutoAWQ and llm-awq. */
  readonly quantConfig?: JsonObject;
  /** `quantization_config.json` of ExLlamaV3: what config.json says, and every stored tensor. */
  readonly quantizationConfig?: JsonObject;
  /** `quanto_qmap.json` of optimum-quanto: every quantized module. */
  readonly quantoMap?: JsonObject;
  /** What a comparison with the weights' headers has told and the config does not say. */
  readonly told?: Told;
}

/** What only the files themselves say. */
export interface Told {
  /** Who wrote the weights (`Proof.writer`). */
  readonly writer?: Writer;
  /** The dtype of what is not quantized (`Proof.dtype`). */
  readonly dtype?: CacheDtype;
}

type SidecarKey = Exclude<keyof Sidecars, 'told'>;
type QuantizationKey = Exclude<SidecarKey, keyof ProcessorFiles>;

/**
 * Names of the files that are about the quantization; the first that is there counts, and all of them only where config.json
 * itself has no block: ExLlamaV3's says more of the same block.
 */
const quantizationFiles = {
  hfQuantConfig: 'hf_quant_config.json',
  quantizeConfig: 'quantize_config.json',
  quantConfig: 'quant_config.json',
  quantizationConfig: 'quantization_config.json',
  quantoMap: 'quanto_qmap.json',
} as const satisfies Record<QuantizationKey, string>;

/** Names of all files that are read beside a config. */
export const sidecarFiles = {
  ...quantizationFiles,
  preprocessorConfig: 'preprocessor_config.json',
  processorConfig: 'processor_config.json',
  videoPreprocessorConfig: 'video_preprocessor_config.json',
} as const satisfies Record<SidecarKey, string>;

export type SidecarFile = (typeof sidecarFiles)[SidecarKey];

const sidecarKeys = Object.keys(sidecarFiles) as SidecarKey[];
const quantizationKeys = Object.keys(quantizationFiles) as QuantizationKey[];

/** Sidecars from the texts of their files; those that hold no JSON object are named instead. */
export function parseSidecars(texts: Readonly<Partial<Record<SidecarFile, string>>>): {
  readonly sidecars: Sidecars;
  readonly unreadable: readonly SidecarFile[];
} {
  const sidecars: { -readonly [K in SidecarKey]?: JsonObject } = {};
  const unreadable: SidecarFile[] = [];
  for (const key of sidecarKeys) {
    const text = texts[sidecarFiles[key]];
    if (text === undefined) continue;
    const { root, findings } = parseConfig(text);
    if (root && !findings.some(({ severity }) => severity === 'error')) sidecars[key] = root;
    else unreadable.push(sidecarFiles[key]);
  }
  return { sidecars, unreadable };
}

/** What a sidecar says, in the form of a `quantization_config`. */
export interface SidecarBlock {
  readonly file: SidecarFile;
  readonly config: JsonObject;
}

/**
 * The blocks of the sidecars, in order of precedence. Loaders read config.json first and look beside it only where that has
 * no block (vllm-project/vllm vllm/model_executor/model_loader/weight_utils.py, get_quant_config).
 */
export const sidecarBlocks = (sidecars: Sidecars): readonly SidecarBlock[] =>
  quantizationKeys.flatMap((key) => {
    const written = sidecars[key];
    const config = written && normalized(key, written);
    return config ? [{ file: sidecarFiles[key], config }] : [];
  });

function normalized(key: QuantizationKey, written: JsonObject): JsonObject | undefined {
  if (key === 'quantoMap') return { quant_method: 'quanto', modules: written };
  const config = key === 'hfQuantConfig' && isObject(written['quantization']) ? written['quantization'] : written;
  if (Object.keys(config).length === 0 || (key === 'quantizationConfig' && config['quant_method'] !== 'exl3')) return undefined;
  if (typeof config['quant_method'] === 'string') return config;
  return { ...config, quant_method: methodOf(key, config) };
}

/** The writer's method where the file leaves it out: AutoAWQ's keys tell its files from AutoGPTQ's under either name. */
function methodOf(key: QuantizationKey, config: JsonObject): string {
  if (key === 'hfQuantConfig') return 'modelopt';
  if (config['w_bit'] !== undefined || config['zero_point'] !== undefined) return 'awq';
  return config['desc_act'] !== undefined || key === 'quantizeConfig' ? 'gptq' : 'awq';
}
