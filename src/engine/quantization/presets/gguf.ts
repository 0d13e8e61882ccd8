import { weakest, type Basis } from '../../basis';
import { bitnetLayout } from '../gguf/bitnet';
import { aliases, fileTypeOf, fileTypes, type FileType } from '../gguf/fileTypes';
import { packedBits, scaleGroup } from '../gguf/ggmlTypes';
import { isUnborn } from '../gguf/history';
import { ggufLayout } from '../gguf/layout';
import { mixOf, type Mix } from '../gguf/mixes';
import { recipes, wideEmbeddings, type Recipe } from '../gguf/publishers';
import type { StoredEntry } from '../stored';
import type { Evidence, Layout, Preset, PresetModel, PresetOptions } from './preset';

/** GGUF files by the names of llama.cpp's file types, of their aliases, and of publishers' mixes. */
const source = 'ggml-org/llama.cpp: src/llama-quant.cpp';

const facts = ({ base }: FileType, evidence: Evidence): Omit<Preset, 'name' | 'layout'> => ({
  format: 'GGUF',
  bits: packedBits(base),
  groupSize: scaleGroup(base),
  computeDtype: null,
  evidence,
});

/** The layout of a mix, and whether that llama.cpp had its file type at all. */
function layoutOf(model: PresetModel, mix: Mix, options: PresetOptions): Layout {
  const layout = ggufLayout(model, mix, options);
  const { name } = mix.fileType;
  const doubts = [...(isUnborn(name, options.llamaCppDate) ? [unborn] : []), ...(converted.has(name) ? [unquantized] : [])];
  return doubts.length > 0 ? { ...layout, basis: weakest(layout.basis, ...doubts) } : layout;
}

/** File types that llama-quantize does not offer (tools/quantize/quantize.cpp): the converter writes them of checkpoints that are such. */
const converted: ReadonlySet<string> = new Set(['NVFP4']);
const unquantized: Basis = { kind: 'approximate', reasons: ['gguf-converted'] };

/** Today's layout of a file type, asked for a day on which there was none. */
const unborn: Basis = { kind: 'approximate', reasons: ['gguf-before-type'] };

function mixPreset(name: string, kind: Evidence['kind'] = 'checkpoint'): Preset {
  const mix = mixOf(name) as Mix;
  return {
    name,
    ...facts(mix.fileType, { source, kind }),
    layout: (model, options) => layoutOf(model, mix, options),
  };
}

/** File types of which no published file was compared. */
const onlyRead: ReadonlySet<string> = new Set(['F32', 'TQ1_0', 'TQ2_0', 'NVFP4', 'Q1_0', 'Q2_0']);

const recipePreset = ({ name, nominal, low, high }: Recipe): Preset => ({
  name,
  ...facts(fileTypeOf(nominal), { source: 'published file sizes', kind: 'nominal' }),
  layout(model, options) {
    const at = (fileType: string): Layout => layoutOf(model, { fileType: fileTypeOf(fileType) }, options);
    const { entries, basis } = at(nominal);
    // Where the checkpoint's MXFP4 is kept, the rest weighs so little that publishers leave it at 8 bits.
    const top = high !== 'BF16' && entries.some(({ scheme }) => scheme === 'already-packed') ? 'Q8_0' : high;
    const recipe: Basis = {
      kind: 'approximate',
      reasons: ['publisher-recipe', ...basis.reasons.filter((reason) => reason !== 'gguf-mix')],
    };
    // Widths that no block divides fall back unevenly: a mix between two others may then weigh more than both.
    const sizes = [entries, at(low).entries, at(top).entries].map(bytesOf);
    return { entries, basis: recipe, range: [Math.min(...sizes), Math.max(...sizes)] };
  },
});

const bytesOf = (entries: readonly StoredEntry[]): number => entries.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);

const bitnetPreset: Preset = {
  name: 'I2_S',
  format: 'GGUF',
  bits: 2,
  groupSize: null,
  computeDtype: null,
  evidence: { source: 'microsoft/BitNet: setup_env.py; ggml_nbytes of its ggml.c', kind: 'source' },
  layout: bitnetLayout,
};

export const ggufPresets: readonly Preset[] = [
  ...fileTypes.map(({ name }) => mixPreset(name, onlyRead.has(name) ? 'source' : 'checkpoint')),
  ...Object.keys(aliases).map((name) => mixPreset(name)),
  ...Object.keys(wideEmbeddings).map((name) => mixPreset(name)),
  ...recipes.map(recipePreset),
  bitnetPreset,
];
