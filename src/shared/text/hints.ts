/** The short figure at the end of a key's line. */
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatShare,
  formatTokens,
  type Basis,
  type Hint,
  type HintShare,
  type NumberStyle,
} from '../../engine/index';
import { shortLabel } from './precisions';
import type { Translate } from './translate';

/** VS Code cuts a line's hints off here (editor.inlayHints.maximumLength). */
export const longestHint = 43;

/** Sorts of layers that are told apart on one line; of more, the smallest and the largest. */
const shownSorts = 2;

/** A share as a fraction where it is a plain one: "¼", "1/8", "1/71". */
function fraction(part: number, whole: number): string {
  const ratio = whole / part;
  const named: Readonly<Record<number, string>> = { 2: '½', 3: '⅓', 4: '¼', 5: '⅕', 6: '⅙', 8: '⅛' };
  const rounded = Math.round(ratio);
  if (Math.abs(ratio - rounded) > 0.05 * ratio || rounded < 2) return formatShare(part / whole);
  return (Math.abs(ratio - rounded) < 1e-9 ? named[rounded] : undefined) ?? `1/${rounded}`;
}

/**
 * The hint as text, at most `longestHint` characters and with "≈" where it is an estimate; `undefined` where it would say
 * nothing.
 *
 * @param stale the figure is from before the edit; said at the end, so that the figure stays where it was
 */
export function hintText(hint: Hint, basis: Basis, t: Translate, style: NumberStyle, stale = false): string | undefined {
  const figure = textOf(hint, t, style);
  if (figure === undefined) return undefined;
  const text = basis.kind === 'approximate' && !figure.includes('≈') ? `≈ ${figure}` : figure;
  const mark = stale ? t(' (old)') : '';
  const room = longestHint - mark.length;
  return (text.length <= room ? text : cut(text, room)) + mark;
}

/** Cut between words: half a number would be another one. A single word is cut where the room ends. */
function cut(text: string, room: number): string {
  const kept = text.slice(0, room - 2);
  const words = text[kept.length] === ' ' ? kept : kept.replace(/\S+$/, '');
  const told = words.replace(/[\s·+→:]+$/, '');
  return told === '' ? `${text.slice(0, room - 1)}…` : `${told} …`;
}

function textOf(hint: Hint, t: Translate, style: NumberStyle): string | undefined {
  const count = (value: number): string => formatCount(value, style);
  const bytes = (value: number): string => formatBytes(value, style);
  const tokens = (value: number): string => formatTokens(value, style);
  const number = (value: number): string => formatNumber(value, 0, style);
  const share = ({ parameters, ratio }: HintShare): string => `${count(parameters)} · ${formatShare(ratio, style)}`;
  const savings = (saved: number): string | undefined =>
    saved === 0 ? undefined : saved > 0 ? t('saves {0}', count(saved)) : t('adds {0}', count(-saved));
  switch (hint.kind) {
    case 'layers': {
      // What reads the same is one sort here: T5's first layers differ from the others by a table of 512 numbers.
      const copies = new Map<string, number>();
      for (const sort of hint.sorts) copies.set(count(sort.parameters), (copies.get(count(sort.parameters)) ?? 0) + sort.copies);
      const sorts = [...copies];
      const [first] = sorts;
      if (!first) return undefined;
      if (sorts.length === 1) return t('{0} each · {1}', first[0], count(hint.parameters));
      if (sorts.length <= shownSorts)
        return `${sorts.map(([each, layers]) => `${number(layers)} × ${each}`).join(' + ')} · ${count(hint.parameters)}`;
      const sizes = hint.sorts.map(({ parameters }) => parameters);
      return t('{0} to {1} each · {2}', count(Math.min(...sizes)), count(Math.max(...sizes)), count(hint.parameters));
    }
    case 'vocabulary':
      if (hint.head > 0 && !hint.tied) return t('in + out {0}', share(hint.share));
      return hint.tied ? t('in = out {0}', share(hint.share)) : t('embedding {0}', share(hint.share));
    case 'feedForward':
      if (hint.shared) return t('shared experts {0}', share(hint.share));
      return hint.inExperts > 0 ? t('in experts {0}', share(hint.share)) : t('MLP {0}', share(hint.share));
    case 'attention':
      return t('attention {0}', share(hint.share));
    case 'stateSpace':
      return t('state space {0}', share(hint.share));
    case 'keyValue': {
      const heads = t('{0} of {1} heads', fraction(hint.kvHeads, hint.heads), number(hint.heads));
      return withShare(growthText(hint, t, style), hint.kvHeads < hint.heads ? heads : undefined);
    }
    case 'latent': {
      const full = hint.fullBytesPerToken;
      return withShare(growthText(hint, t, style), full === null ? undefined : t('{0} of full', fraction(hint.bytesPerToken, full)));
    }
    case 'context': {
      const size = bytes(hint.limit.bytes);
      if (hint.part === 'cross') return t('cross-attention KV {0} at {1}', size, number(hint.limit.encoder ?? hint.limit.tokens));
      return hint.part === 'self'
        ? t('self-attention KV {0} at {1}', size, number(hint.limit.tokens))
        : t('KV {0} at {1}', size, number(hint.limit.tokens));
    }
    case 'table':
      return hint.table === 'positions' ? t('positions {0}', share(hint.share)) : t('segments {0}', share(hint.share));
    case 'weights':
      return hint.quantized === null ? bytes(hint.bytes) : t('{0} if not quantized', bytes(hint.bytes));
    case 'tying':
      return hint.tied ? t('tied: saves {0}', count(hint.parameters)) : t('tying saves {0}', count(hint.parameters));
    case 'experts': {
      const text = t('{0} in experts', count(hint.share.parameters));
      return hint.perToken === null ? text : `${text} · ${t('{0} of {1} active', number(hint.perToken), number(hint.experts))}`;
    }
    case 'active':
      return t('{0} of {1} active', count(hint.active), count(hint.total));
    case 'sharedExperts':
      return t('shared experts {0}', share(hint.share));
    case 'denseLayers':
    case 'queryRank':
      return savings(hint.saved);
    case 'window':
      return t('{0} of {1} layers keep {2} tokens', number(hint.layers), number(hint.of), tokens(hint.tokensKept));
    case 'fullLayers':
      return t('{0} of {1} layers keep every token', number(hint.layers), number(hint.of));
    case 'layerTypes':
      return hint.types.map(({ type, layers }) => `${number(layers)} ${layerTypeText(type, t)}`).join(' · ');
    case 'state':
      return t('state {0} per sequence', bytes(hint.bytes));
    case 'rope':
      return `${number(hint.from.tokens)} → ${number(hint.to.tokens)}: ${t('KV {0} → {1}', withoutUnitOf(hint.to.bytes, hint.from.bytes, style), bytes(hint.to.bytes))}`;
    case 'stretch':
      return t('context × {0}', Number.isInteger(hint.factor) ? number(hint.factor) : formatNumber(hint.factor, 2, style));
    case 'nextToken':
      if (hint.parameters === null) return t('not loaded by default');
      if (hint.counted) return t('{0}, counted', count(hint.parameters));
      return `${hint.estimated ? '≈ ' : ''}${t('+{0}, not loaded by default', count(hint.parameters))}`;
    case 'part':
      return `${{ text: t('text'), vision: t('vision'), audio: t('audio') }[hint.part]} ${share(hint.share)}`;
    case 'quantized':
      return `${shortLabel(hint.scheme)} ${bytes(hint.bytes)} · ${t('16-bit {0}', bytes(hint.plainBytes))}`;
    case 'packed':
      return t('{0} parameters in {1}', count(hint.parameters), bytes(hint.bytes));
    case 'scales':
      return hint.zeros ? t('scales + zeros {0}', bytes(hint.bytes)) : t('scales {0}', bytes(hint.bytes));
    case 'kept':
      return t('{0} not quantized', bytes(hint.bytes));
    case 'saving':
      if (hint.possible) return t('would save {0}', bytes(-hint.saved));
      return hint.saved > 0 ? t('saves {0}', bytes(hint.saved)) : t('adds {0}', bytes(-hint.saved));
    case 'zeros':
      return hint.either ? t('zeros {0}, stored either way', bytes(hint.bytes)) : t('zeros {0}', bytes(hint.bytes));
    case 'smallerCache': {
      const cache = t('KV {0} → {1}', withoutUnitOf(hint.to.bytes, hint.from.bytes, style), bytes(hint.to.bytes));
      return t('{0} at {1}', cache, number(hint.to.tokens));
    }
    case 'expanded':
      return t('{0} in memory', bytes(hint.bytes));
    case 'noBytes':
      return t('no bytes');
  }
}

type PerTokenHint = Extract<Hint, { readonly kind: 'keyValue' | 'latent' }>;

/** What one more token costs at the context of the settings, which is named where full windows make it less than before. */
function growthText({ bytesPerToken, growth, chosen }: PerTokenHint, t: Translate, style: NumberStyle): string {
  if (growth === 0) return t('KV stays at {0}', formatBytes(chosen.bytes, style));
  const perToken = formatBytes(growth, style);
  return growth === bytesPerToken ? t('KV {0}/token', perToken) : t('KV {0}/token at {1}', perToken, formatNumber(chosen.tokens, 0, style));
}

/** The figure with its part of a whole, where both have room beside the sign of an estimate. */
function withShare(figure: string, share: string | undefined): string {
  const both = share === undefined ? figure : `${figure} · ${share}`;
  return both.length + '≈ '.length <= longestHint ? both : figure;
}

/** Kinds of layers that transformers knows (configuration_utils.py, ALLOWED_LAYER_TYPES, and its older names), in a word. */
const layerTypeNames: Readonly<Record<string, (t: Translate) => string>> = {
  full: (t) => t('full'),
  sliding: (t) => t('sliding'),
  chunked: (t) => t('chunked'),
  linear: (t) => t('linear'),
  attention: (t) => t('attention'),
  conv: (t) => t('convolution'),
  dense: (t) => t('dense'),
  sparse: (t) => t('sparse'),
  hybrid: (t) => t('hybrid'),
};

/** "full_attention" → "full"; a kind without a name here in the file's own word, which stands beside the hint. */
function layerTypeText(type: string, t: Translate): string {
  const word = type.replace(/_attention$/, '');
  if (Object.hasOwn(layerTypeNames, word)) return (layerTypeNames[word] as (t: Translate) => string)(t);
  return word.replace(/[^\w-]/g, '').slice(0, 16);
}

/** Bytes without the unit where the figure that follows has the same one. */
function withoutUnitOf(following: number, value: number, style: NumberStyle): string {
  const text = formatBytes(value, style);
  const unit = text.split(' ').at(-1) ?? '';
  return formatBytes(following, style).endsWith(` ${unit}`) ? text.slice(0, -unit.length - 1) : text;
}
