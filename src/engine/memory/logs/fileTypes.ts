import { findPreset } from '../../quantization/presets';
import { ggufFileType } from '../../proof/ggufFileTypes';
import type { StartupLog } from './startupLog';

/** Names that the loader writes otherwise than the file type is called (src/llama-model-loader.cpp, llama_model_ftype_name). */
const others: Readonly<Record<string, string>> = { 'MXFP4 MoE': 'MXFP4_MOE', 'IQ3_S mix': 'IQ3_M', 'Q2_K - Medium': 'Q2_K' };
const sizes: Readonly<Record<string, string>> = { Small: '_S', Medium: '_M', Large: '_L' };

/** The preset of a file type as the loader prints it ("Q4_K - Medium", "IQ4_XS - 4.25 bpw", "all F32 (guessed)"), if there is one. */
export function presetOfFileType(printed: string): string | undefined {
  const bare = printed
    .replace(/\(guessed\)/, '')
    .replace(/^all /, '')
    .trim();
  const [, base = bare, size] = /^(\w+)(?: - (Small|Medium|Large)| - [\d.]+ bpw.*)?$/.exec(bare) ?? [];
  const name = others[bare.replace(/ - [\d.]+ bpw.*$/, '')] ?? others[bare] ?? base + (size === undefined ? '' : (sizes[size] ?? ''));
  return findPreset(name)?.name;
}

/** The weights of a log's model: a file's type where there is one, else the checkpoint's own. */
export function weightsOfLog({ engine, model }: StartupLog): string | undefined {
  if (engine === 'vllm' || engine === 'sglang') return 'checkpoint';
  if (model.fileType !== undefined) return presetOfFileType(model.fileType);
  const number = Number(model.gguf?.metadata.get('general.file_type') ?? NaN);
  const name = Number.isInteger(number) ? ggufFileType(number) : undefined;
  return name === undefined ? undefined : findPreset(name)?.name;
}
