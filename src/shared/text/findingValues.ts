/** Values of findings that the engine states as codes: what was expected or found, what is wrong with a rule, what an estimate assumes. */
import { formatNumber, type NumberStyle } from '../../engine/index';
import type { Translate } from './translate';

const range = /^(integer|number) (-?[\d.e+]+)\.\.(-?[\d.e+]+)( or "auto")?$/;

/** What should have stood there: "a whole number from 1 to 10,000", "true or false". */
export function expectedText(expected: string, t: Translate, style: NumberStyle): string {
  const match = range.exec(expected);
  if (!match) return kindText(expected, t);
  const [, kind, from, to, auto] = match;
  const number = (value: number): string => formatNumber(value, Number.isInteger(value) ? 0 : 2, style);
  const [low, high] = [number(Number(from)), number(Number(to))];
  if (low === high) return low;
  const text = kind === 'integer' ? t('a whole number from {0} to {1}', low, high) : t('a number from {0} to {1}', low, high);
  return auto ? t('{0} or "auto"', text) : text;
}

/** What kind of value: the engine names lists and objects instead of quoting them. */
export function kindText(kind: string, t: Translate): string {
  switch (kind) {
    case 'true or false':
      return t('true or false');
    case 'text':
      return t('text in quotes');
    case 'list':
      return t('a list');
    case 'object':
      return t('an object');
    case 'list of class names':
      return t('a list of class names');
    case 'other':
      return t('something else');
    default:
      return kind;
  }
}

/** A kind in words, and any other text as the file has it, in quotes. */
export function quotedUnlessKind(text: string, t: Translate): string {
  const kind = kindText(text, t);
  return kind === text ? `"${text}"` : kind;
}

/** Why a rule of a quantization config is not applied. */
export function patternProblemText(problem: string, t: Translate): string {
  switch (problem) {
    case 'too-long':
      return t('it is too long');
    case 'too-large':
      return t('it repeats too much');
    case 'syntax':
      return t('it is no regular expression');
    case 'unsupported':
      return t('it uses what is not supported here');
    case 'too-slow':
      return t('it takes too long to match');
    case 'too-many-modules':
      return t('there are too many modules to match');
    default:
      return problem;
  }
}

/** The JSON parser's names of errors. */
export function syntaxProblemText(problem: string, t: Translate): string {
  switch (problem) {
    case 'InvalidSymbol':
      return t('something that is no JSON value');
    case 'InvalidNumberFormat':
      return t('no number as JSON writes them');
    case 'PropertyNameExpected':
      return t('a key in quotes is missing');
    case 'ValueExpected':
      return t('a value is missing');
    case 'ColonExpected':
      return t('a colon is missing');
    case 'CommaExpected':
      return t('a comma is missing');
    case 'CloseBraceExpected':
      return t('a closing brace is missing');
    case 'CloseBracketExpected':
      return t('a closing bracket is missing');
    case 'EndOfFileExpected':
      return t('more text after the end');
    case 'UnexpectedEndOfComment':
      return t('a comment does not end');
    case 'UnexpectedEndOfString':
      return t('a text does not end');
    case 'UnexpectedEndOfNumber':
      return t('a number does not end');
    case 'InvalidUnicode':
      return t('a wrong Unicode escape');
    case 'InvalidEscapeCharacter':
      return t('a wrong escape');
    case 'InvalidCharacter':
      return t('a character that must be escaped');
    default:
      return problem;
  }
}

type SayAssumption = (value: string | undefined, t: Translate) => string;

const assumptions: Readonly<Record<string, SayAssumption>> = {
  'gated-feed-forward': (v, t) =>
    v === undefined
      ? t('The feed-forward network is taken to have a gate: three matrices.')
      : t('The feed-forward network is taken to have a gate, as activation "{0}" suggests: three matrices.', v),
  'plain-feed-forward': (v, t) =>
    v === undefined
      ? t('The feed-forward network is taken to have no gate: two matrices.')
      : t('The feed-forward network is taken to have no gate, as activation "{0}" suggests: two matrices.', v),
  'feed-forward-width': (v, t) => t('The feed-forward width is not stated; {0} is assumed, four times the hidden size.', v ?? '?'),
  norms: (_v, t) => t('Two norms per layer and one after the last are assumed, with one weight per channel.'),
  'no-biases': (_v, t) => t('No key names biases; none are counted.'),
  'no-position-table': (_v, t) => t('Positions are taken to be rotary or relative: no table of them is counted.'),
  'position-table': (v, t) => t('A table of {0} learned positions is assumed.', v ?? '?'),
  'tied-head': (_v, t) => t('The output head is taken to share the weights of the embedding.'),
  'untied-head': (_v, t) => t('The output head is taken to have weights of its own.'),
  'full-heads': (_v, t) => t('No key states key/value heads; every head is taken to have its own.'),
  bidirectional: (_v, t) => t('The model is taken to be an encoder, which keeps no cache.'),
  'other-mixers': (v, t) => t('{0} layers of another kind than attention are sized by the keys of their kind.', v ?? '?'),
  'vision-tower': (v, t) => t('The tower under "{0}" is taken to be a plain vision transformer.', v ?? '?'),
  'part-not-counted': (v, t) => t('What "{0}" describes is not counted.', v ?? '?'),
  'llava-own-layout': (_v, t) => t("The layout of LLaVA's authors: its vision tower is taken to be CLIP ViT-L/14 at 336 px."),
};

/** What an estimate takes for granted, as a sentence; `key=value` where a value stands in for a missing key. */
export function assumptionText(assumption: string, value: string | undefined, t: Translate): string {
  if (Object.hasOwn(assumptions, assumption)) return (assumptions[assumption] as SayAssumption)(value, t);
  const [, key, assumed] = /^([^=]+)=(.*)$/.exec(assumption) ?? [];
  return key === undefined || assumed === undefined
    ? t('Estimate: {0}.', assumption)
    : t('{0} is missing and has no default; figures assume {1}.', key, assumed);
}

/** Codes that have a sentence. */
export const knownAssumptions: readonly string[] = Object.keys(assumptions);
