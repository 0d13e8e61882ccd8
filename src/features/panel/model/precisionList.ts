import {
  findPreset,
  fitInputOf,
  fitsOn,
  presets,
  weightsAt,
  type Analysis,
  type PrecisionWeights,
  type Preset,
} from '../../../engine/index';
import type { Choice, Listing, ListingView } from '../../../shared/panel/snapshot';
import { longLabel } from '../../../shared/text/precisions';
import type { View } from './view';

const known = new WeakMap<Analysis, readonly PrecisionWeights[]>();

/** Every preset's weights, the file's own first and then the largest first; a preset that equals the file is the file. */
function allWeights(analysis: Analysis): readonly PrecisionWeights[] {
  const before = known.get(analysis);
  if (before) return before;
  const others = presets.filter(({ name }) => name !== analysis.checkpoint.scheme).map(({ name }) => weightsAt(analysis, name));
  const all = [weightsAt(analysis, 'checkpoint'), ...others.sort((a, b) => b.bytes - a.bytes)];
  known.set(analysis, all);
  return all;
}

/** Presets that a listing asks for, as far as it reaches, and what it can be narrowed to. */
export function listed(view: View, listing: Listing): { readonly weights: readonly PrecisionWeights[]; readonly view: ListingView } {
  const words = listing.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = allWeights(view.analysis).filter((weights) => {
    const preset = findPreset(weights.scheme);
    return matches(preset, weights.scheme, words, listing) && (!listing.fits || fits(weights, view));
  });
  return {
    weights: found.slice(0, listing.rows),
    view: { ...listing, found: found.length, formats: formatsOf(view), widths: widthsOf(view) },
  };
}

/** @param preset undefined for a file's own scheme that is no preset, which words alone can find */
function matches(preset: Preset | undefined, scheme: string, words: readonly string[], { format, bits }: Listing): boolean {
  if (format !== '' && preset?.format !== format) return false;
  if (bits !== 0 && (preset === undefined || Math.floor(preset.bits) !== bits)) return false;
  const text = `${longLabel(scheme)} ${scheme} ${preset?.format ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const fits = (weights: PrecisionWeights, { analysis, estimate, target }: View): boolean =>
  target === undefined || fitsOn(target.device, target.count, fitInputOf(analysis, estimate.settings, weights)) === true;

const formatName = (format: string, { t }: View): string => (format === 'plain' ? t('not quantized') : format);

const formatsOf = (view: View): readonly Choice[] => [
  { value: '', label: view.t('all formats') },
  ...[...new Set(presets.map(({ format }) => format))].map((format) => ({ value: format, label: formatName(format, view) })),
];

const widthsOf = ({ t }: View): readonly Choice[] => [
  { value: '0', label: t('all widths') },
  ...[...new Set(presets.map(({ bits }) => Math.floor(bits)))]
    .sort((a, b) => b - a)
    .map((bits) => ({ value: String(bits), label: bits === 1 ? t('1 bit') : t('{0} bits', bits) })),
];

/** Presets to choose among, by format; with groups of one's own where that is tried. */
export function presetChoices(view: View, own?: Preset): readonly { readonly label: string; readonly presets: readonly Choice[] }[] {
  const all = own && !presets.includes(own) ? [...presets, own] : presets;
  const formats = [...new Set(all.map(({ format }) => format))];
  return formats.map((format) => ({
    label: formatName(format, view),
    presets: all.filter((preset) => preset.format === format).map(({ name }) => ({ value: name, label: longLabel(name) })),
  }));
}
