/** Formulas as data: products of named numbers, summed. A surface prints "2 · 8 heads · 128 · 2 B · 32 layers". */

/** What a number in a formula is. `matrices`: equal tensors taken together. `width`: a dimension without a name of its own. */
export type FactorName =
  | 'layers'
  /** Layers whose cross attention keeps what the encoder put out. */
  | 'crossLayers'
  | 'experts'
  | 'matrices'
  | 'vocabulary'
  | 'hiddenSize'
  | 'intermediateSize'
  | 'width'
  /** The 2 of keys and values. */
  | 'keysAndValues'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  /** Elements that one head keeps per token, where keys and values differ in width. */
  | 'elementsPerHead'
  /** Elements that a layer keeps per token, where it has no heads to divide them by. */
  | 'elementsPerToken'
  | 'latentRank'
  | 'ropeHeadDim'
  /** Elements of one layer's recurrent or convolution state. */
  | 'stateElements'
  | 'bytesPerElement'
  | 'tokens'
  /** Tokens that a window keeps. */
  | 'tokensKept'
  /** Positions of the encoder that cross attention keeps. */
  | 'encoderPositions'
  /** Sequences at once. */
  | 'sequences'
  | 'parameters'
  | 'parametersPerLayer'
  /** Parameters of one routed expert, over all layers. */
  | 'parametersPerExpert'
  /** Routed experts that one token uses. */
  | 'expertsPerToken'
  /** Parameters that every token uses: all but the routed experts. */
  | 'alwaysUsed'
  /** What is left after the largest terms. */
  | 'rest'
  /** Of a quantized checkpoint: packed weights, their scales and zeros, tensors at the checkpoint's own type. */
  | 'packedBytes'
  | 'scaleBytes'
  | 'keptBytes'
  /** Of layers that the files hold and no class loads; taken away. */
  | 'unloadedBytes';

export interface Factor {
  readonly value: number;
  readonly name: FactorName;
  /** The value is the sum of these (a latent of 512 and a rotary key of 64). */
  readonly sumOf?: readonly Factor[];
}

/** A product. */
export interface Term {
  readonly factors: readonly Factor[];
  readonly value: number;
}

export interface Formula {
  readonly result: 'parameters' | 'bytes' | 'bytesPerToken';
  /** Sum of the terms. */
  readonly value: number;
  /** Largest first, four at most; the last may be the rest. */
  readonly terms: readonly Term[];
  /** Of bytes per token that windows make smaller: at a context of so many tokens, or while no window is full. */
  readonly at?: number | 'windowsOpen';
  /** Of bytes per token: one more token in the encoder and one in the decoder. */
  readonly bothSides?: true;
}

export const factor = (value: number, name: FactorName): Factor => ({ value, name });

/** A product; factors of 1 say nothing and are left out, unless nothing else is there. */
export function term(...factors: readonly (Factor | undefined)[]): Term {
  const all = factors.filter((one) => one !== undefined);
  const told = all.filter(({ value, name }) => value !== 1 || name === 'kvHeads' || name === 'crossLayers');
  return { factors: told.length > 0 ? told : all.slice(0, 1), value: all.reduce((product, { value }) => product * value, 1) };
}

const maxTerms = 4;

/** A sum of products: equal ones of several sorts of layers taken together, the smallest put into a rest; `undefined` for an empty sum. */
export function formula(result: Formula['result'], terms: readonly Term[]): Formula | undefined {
  const sorted = overLayers(terms)
    .filter(({ value }) => value !== 0)
    .sort((a, b) => b.value - a.value);
  if (sorted.length === 0) return undefined;
  const value = sorted.reduce((sum, one) => sum + one.value, 0);
  if (sorted.length <= maxTerms) return { result, value, terms: sorted };
  const shown = sorted.slice(0, maxTerms - 1);
  const rest = value - shown.reduce((sum, one) => sum + one.value, 0);
  return { result, value, terms: [...shown, term(factor(rest, 'rest'))] };
}

/** Products that differ in their number of layers only, as one. */
function overLayers(terms: readonly Term[]): readonly Term[] {
  const merged = new Map<string, Term>();
  terms.forEach((one, index) => {
    const layers = one.factors.find(({ name }) => name === 'layers');
    const key = layers ? JSON.stringify(one.factors.filter((other) => other !== layers)) : String(index);
    const known = merged.get(key);
    const factors = known?.factors.map((other) => (other.name === 'layers' ? factor(other.value + (layers?.value ?? 0), 'layers') : other));
    merged.set(key, known && factors ? { factors, value: known.value + one.value } : one);
  });
  return [...merged.values()];
}
