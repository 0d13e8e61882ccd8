import { formatNumber, type Finding, type FindingCode, type NumberStyle } from '../../engine/index';
import { assumptionText, expectedText, kindText, patternProblemText, quotedUnlessKind, syntaxProblemText } from './findingValues';
import type { Translate } from './translate';

/** A value of a finding as text; "nothing" where there is none. */
type ValueOf = (key: string) => string;
type Say = (value: ValueOf, t: Translate, style: NumberStyle) => string;

/** One sentence per code: what, and what was assumed or what to do. */
const sentences: Readonly<Record<FindingCode, Say>> = {
  'text-too-large': (v, t) => t('This file has {0} characters; configs are read up to {1}.', v('found'), v('limit')),
  'text-too-large-to-mend': (v, t) =>
    t(
      'This file has {0} characters and is not plain JSON (a mistake, a key that stands twice, a comment or NaN); such texts are read up to {1}.',
      v('found'),
      v('limit'),
    ),
  'nested-too-deep': (v, t) =>
    t('Objects and lists are nested more than {0} deep here; no model config is. The file was not read.', v('limit')),
  'empty-text': (_v, t) => t('The file is empty.'),
  'not-an-object': (_v, t) => t('A model config is a JSON object ({ … }); this is something else.'),
  'syntax-error': (v, t) => t('JSON syntax: {0}.', syntaxProblemText(v('problem'), t)),
  'comment-in-json': (_v, t) => t('Comments are read here, but transformers reads strict JSON and will refuse this file.'),
  'trailing-comma': (_v, t) => t('A trailing comma is read here, but transformers reads strict JSON and will refuse this file.'),
  'non-finite-number': (v, t) => t('{0} is not JSON; Python reads it all the same, and so do we.', v('literal')),
  'duplicate-key': (v, t) => t('"{0}" stands here more than once; the last one counts.', v('key')),
  'invalid-value': (v, t, style) =>
    t('Expected {0}, found {1}; figures assume {2}.', expectedText(v('expected'), t, style), v('found'), kindText(v('assumed'), t)),
  'unusable-value': (v, t, style) =>
    t(
      'Expected {0}, found {1}; no figure depends on it, but the model cannot be loaded.',
      expectedText(v('expected'), t, style),
      v('found'),
    ),
  'defaults-assumed': (v, t) => t('Not in the file, taken from the defaults of this model type: {0}.', v('keys')),
  'unknown-model-type': (v, t) => t('Model type "{0}" is not known.', v('modelType')),
  'type-by-class': (v, t) =>
    t('Model type "{0}" is not known; its class is one of {1}, and it is counted like that.', v('modelType'), v('assumed')),
  'not-a-decoder': (v, t) =>
    v('kind') === 'encoder-decoder'
      ? t(
          'Model type "{0}" is not known. Unknown types are estimated only where they are decoders; this is an encoder-decoder.',
          v('modelType'),
        )
      : t(
          'Model type "{0}" is not known. Unknown types are estimated only where they are decoders; this is an image or audio model.',
          v('modelType'),
        ),
  'shape-incomplete': (v, t) => t('This config names a model, but not its size. Missing: {0}.', v('missing')),
  'unknown-architecture': (v, t) => t('Class "{0}" is not known for this model type; counted as {1}.', v('className'), v('assumed')),
  'architectures-missing': (v, t) => t('"architectures" is missing; counted as {0}.', v('assumed')),
  'not-divisible': (v, t) =>
    t('{0} ({1}) is not a multiple of {2} ({3}); this model cannot run.', v('key'), v('value'), v('divisor'), v('by')),
  'experts-per-token': (v, t) => t('{0} experts per token of only {1}; this model cannot run.', v('used'), v('experts')),
  'odd-rotary-width': (v, t) => t('Heads are {0} wide, but rotary positions need an even width; this model cannot run.', v('width')),
  'state-heads-width': (v, t) =>
    t('{0} state-space heads of {1} do not fill the inner width of {2}; this model cannot be loaded.', v('heads'), v('width'), v('inner')),
  'padding-outside-vocabulary': (v, t) =>
    t('Padding token {0} is not in the vocabulary of {1}; this model cannot be loaded.', v('token'), v('vocabulary')),
  'layer-list-length': (v, t) =>
    t('{0} has {1} entries for {2} layers; layers without an entry take the default pattern.', v('key'), v('length'), v('expected')),
  'layer-type-unknown': (v, t) => t('Layer type "{0}" is not known here; figures assume {1}.', v('entry'), v('assumed')),
  'undeclared-window': (v, t) =>
    t(
      '{0} does not know {1}, but the cache of transformers obeys it: figures do too. Other engines may keep every token.',
      v('title'),
      v('key'),
    ),
  'dtype-assumed': (v, t) => t('The file names no dtype; weights and cache are counted at {0}.', v('assumed')),
  'dtype-unknown': (v, t) => t('Dtype "{0}" is not known; figures assume {1}.', v('found'), v('assumed')),
  'dtype-float32': (_v, t) => t('Weights are stored as float32: twice the memory of a 16-bit checkpoint.'),
  'context-exceeds-model': (v, t) => t('{0} tokens are more than the {1} that the model was made for.', v('context'), v('limit')),
  'compute-only': (v, t) =>
    t(
      '{0} is a way to multiply, with {2} bits of mantissa: weights stay in memory as {1}.',
      v('precision').toUpperCase(),
      v('storedAs').toUpperCase(),
      v('mantissaBits'),
    ),
  'edits-not-heeded': (v, t) => t('The changed keep list does not apply to {0}: their writers decide by rules of their own.', v('presets')),
  'inexact-total': (_v, t) => t('The totals are beyond 2^53 and no longer exact.'),
  'quantization-unknown': (v, t) => t('Quantization method "{0}" is not known; bytes are estimated.', v('method')),
  'quantization-incomplete': (v, t) =>
    v('key') === 'modules'
      ? t('The quantization config names no module of this model; figures assume {0}.', v('assumed'))
      : t('The quantization config does not say {0}; figures assume {1}.', v('key'), v('assumed')),
  'quantization-no-rows': (v, t) =>
    t('The groups of the quantization config divide no row of this model: every tensor stays {0}.', v('assumed')),
  'quantization-skipped': (_v, t) =>
    t('Neither load_in_4bit nor load_in_8bit is on: transformers does not heed this block, and loads the weights as they are.'),
  'quantization-contradiction': (v, t) =>
    t('{0} describes other weights ({1}) than {2} does ({3}); figures follow {2}.', v('file'), v('scheme'), v('taken'), v('takenScheme')),
  'layers-not-loaded': (v, t) =>
    v('counted') === 'true'
      ? t(
          'The files also hold layers that predict further tokens ({0} parameters), which transformers does not load: counted in the size of the checkpoint, and nowhere else.',
          v('parameters'),
        )
      : t(
          'Layers that predict further tokens ({0} parameters) are not counted: writers of this quantization save what transformers loads, and it does not load them.',
          v('parameters'),
        ),
  'quantization-pattern': (v, t) =>
    t('The quantization rule "{0}" is not applied ({1}); bytes are estimated.', v('pattern'), patternProblemText(v('problem'), t)),
  assumption: (v, t) => assumptionText(v('assumption'), v('value') === t('nothing') ? undefined : v('value'), t),
};

/** Findings of one wrong value, whose text is told from its number by quotes. */
const quotesFound: ReadonlySet<FindingCode> = new Set(['invalid-value', 'unusable-value']);

/** A finding as a sentence in the reader's language. */
export function findingText(finding: Finding, t: Translate, style: NumberStyle): string {
  const value = (key: string): string => {
    const found = finding.values[key];
    if (found === null || found === undefined) return t('nothing');
    // A text in place of a number looks like one without its quotes.
    if (key === 'found' && quotesFound.has(finding.code) && typeof found === 'string') return quotedUnlessKind(found, t);
    return typeof found === 'number' && Number.isInteger(found) && Math.abs(found) < 1e15 ? formatNumber(found, 0, style) : String(found);
  };
  return sentences[finding.code](value, t, style);
}
