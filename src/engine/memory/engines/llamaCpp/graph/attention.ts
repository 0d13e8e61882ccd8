import { ggmlTypeOfCache, widthsOf } from '../cache';
import { cached, contiguous, flash, into, matrix, onto, permute, reshape, rope, transpose, view, type Tensor } from '../ggml/tensors';
import { blockSize } from '../../../../quantization/gguf/ggmlTypes';
import { join, layerNorm, linear, weightOf, type Build, type Layer } from './build';

export interface Qkv {
  readonly q: Tensor;
  readonly k: Tensor | undefined;
  readonly v: Tensor | undefined;
}

/** Architectures without rotary positions, and those whose queries are scaled beside the attention. src/models/*.cpp. */
const unrotated: ReadonlySet<string> = new Set(['gpt2', 'bloom', 'mpt', 'starcoder', 'jamba', 'bert']);
const scaledQueries: ReadonlySet<string> = new Set(['gemma', 'gemma2', 'gemma3', 'phi2', 'phi3']);
/** Norms of queries and keys over all heads at once. */
const wideNorms: ReadonlySet<string> = new Set(['olmo2']);

/** Queries, keys and values of a block's input: build_qkv, norms, rotary positions. */
export function project(build: Build, layer: Layer, x: Tensor): Qkv {
  const { version, file, inputs, tokens } = build;
  const { heads, kvHeads, keyDim, valueDim } = layer.shape;
  const architecture = file.architecture ?? '';
  let q: Tensor;
  let k: Tensor | undefined;
  let v: Tensor | undefined;
  const fused = linear(build, layer, 'attn_qkv', x);
  if (fused) {
    const row = fused.nb[1];
    const part = (width: number, count: number): Tensor => {
      const shown = view(fused, [width, count, tokens], [width * 4, row, row * tokens]);
      // Before views were enough, each part was copied (ggml_cont of a view).
      return version.has('gatedUnits') ? shown : reshape(contiguous(shown, [width * count, tokens]), width, count, tokens);
    };
    q = part(keyDim, heads);
    k = part(keyDim, kvHeads);
    v = part(valueDim, kvHeads);
  } else {
    const flat = [linear(build, layer, 'attn_q', x), linear(build, layer, 'attn_k', x), linear(build, layer, 'attn_v', x)] as const;
    const wide = wideNorms.has(architecture);
    const flatQ = flat[0] as Tensor;
    q = reshape(wide ? layerNorm(build, layer, 'attn_q_norm', flatQ) : flatQ, keyDim, heads, tokens);
    k = flat[1] && reshape(wide ? layerNorm(build, layer, 'attn_k_norm', flat[1]) : flat[1], keyDim, kvHeads, tokens);
    const flatV = flat[2] ?? flat[1];
    v = flatV && reshape(flatV, valueDim, kvHeads, tokens);
  }
  if (layer.block.has('attn_q_norm.weight') && !wideNorms.has(architecture)) {
    q = layerNorm(build, layer, 'attn_q_norm', q);
    k = k && layerNorm(build, layer, 'attn_k_norm', k);
  }
  // Cohere 2 gives positions to layers with a window alone.
  if (!unrotated.has(architecture) && (architecture !== 'cohere2' || layer.shape.window !== undefined)) {
    q = rope(q, inputs.positions);
    k = k && rope(k, inputs.positions);
  }
  if (scaledQueries.has(architecture)) q = onto(q);
  return { q, k, v };
}

/** Writes keys and values into the cache and attends: build_attn and build_attn_mha, without the output projection. */
export function attend(build: Build, layer: Layer, { q, k, v }: Qkv, latentValues?: Tensor): Tensor {
  const { settings, version, cache, inputs, cpu } = build;
  const { window, kvHeads, keyDim, valueDim } = layer.shape;
  const own = cache.layers[layer.at];
  const sliding = window !== undefined && version.has('windowCaches');
  const { keys, values } = widthsOf(layer.shape, version);
  const backend = own?.backend ?? cpu;
  const cells = sliding ? cache.windowCells : cache.cells;
  const typeK = ggmlTypeOfCache(settings.typeK);
  const typeV = ggmlTypeOfCache(settings.typeV);
  const all = [Math.max(keys, keyDim * kvHeads), cells, cache.streams] as const;
  const store = cached(typeK, all, backend);
  const storeV = cached(typeV, [Math.max(values, valueDim * kvHeads), cells, cache.streams], backend);
  const turned = (type: typeof typeK, width: number): boolean => version.has('rotatedCaches') && blockSize(type) > 1 && width % 64 === 0;
  const turn = (x: Tensor, width: number, ofValues: boolean): Tensor => {
    const by = inputs.rotation(ofValues, sliding, width);
    const flat = reshape(x, width, (x.ne[0] * x.ne[1] * x.ne[2] * x.ne[3]) / width);
    return reshape(matrix(by, x.nb[1] === x.ne[0] * 4 ? flat : contiguous(x, [flat.ne[0], flat.ne[1]])), ...x.ne);
  };
  const turnsV = turned(typeV, valueDim) && !layer.shape.latent;
  if (turned(typeK, keyDim)) {
    let width = 64;
    while (keyDim % (width * 2) === 0) width *= 2;
    q = turn(q, width, false);
    k = k && turn(k, width, false);
  }
  if (turnsV) v = v && turn(v, 64, true);
  join(build, q);
  if (version.has('rowWrites')) {
    if (v) join(build, v);
    if (k) join(build, k);
  } else {
    if (k) join(build, k);
    if (v) join(build, v);
  }
  const tokens = q.ne[2];
  if (k) write(build, store, k, inputs.keyRows, false, sliding);
  if (v && values > 0) write(build, storeV, v, inputs.valueRows, !settings.flash, sliding);
  const streams = cache.streams;
  q = version.has('streams')
    ? permute(view(q, [q.ne[0], q.ne[1], tokens / streams, streams], [q.nb[1], q.nb[2], (q.nb[2] * tokens) / streams]), 0, 2, 1, 3)
    : permute(q, 0, 2, 1, 3);
  const readK = permute(view(store, [keyDim, kvHeads, cells, streams], [store.nb[1] / kvHeads, store.nb[1], store.nb[2]]), 0, 2, 1, 3);
  const source = values > 0 ? storeV : store;
  const turnedV = values > 0 && !settings.flash;
  const readV = turnedV
    ? view(source, [cells, valueDim, kvHeads, streams])
    : permute(view(source, [valueDim, kvHeads, cells, streams], [source.nb[1] / kvHeads, source.nb[1], source.nb[2]]), 0, 2, 1, 3);
  const mask = inputs.mask(sliding);
  const sinks = weightOf(build, layer, 'attn_sinks.weight');
  let result: Tensor;
  if (settings.flash) {
    result = flash(q, readK, readV, mask, sinks);
    if (latentValues) {
      result = matrix(latentValues, permute(result, 0, 2, 1, 3));
      result = contiguous(permute(result, 0, 2, 1, 3));
    }
    result = reshape(result, result.ne[0] * result.ne[1], result.ne[2] * result.ne[3]);
  } else {
    let scores = matrix(readK, q);
    if (build.shape.attentionCap) scores = onto(onto(onto(scores)));
    scores = onto(scores, mask, sinks);
    const straight = turnedV ? readV : contiguous(transpose(readV), [readV.ne[1], readV.ne[0], readV.ne[2], readV.ne[3]]);
    let mixed = matrix(straight, scores);
    if (latentValues) mixed = matrix(latentValues, mixed);
    const merged = permute(mixed, 0, 2, 1, 3);
    result = contiguous(merged, [merged.ne[0] * merged.ne[1], merged.ne[2] * merged.ne[3]]);
    if (!settings.cacheOnDevices) result.backend = cpu;
  }
  join(build, result);
  if (turnsV) result = turn(result, 64, true);
  return result;
}

/** cpy_k and cpy_v: by rows since b6076, into a view before. */
function write(build: Build, store: Tensor, x: Tensor, rowsOf: (window: boolean) => Tensor, transposed: boolean, sliding: boolean): void {
  const { version } = build;
  const tokens = x.ne[2];
  const width = x.ne[0] * x.ne[1];
  const isEven = x.nb[1] === x.ne[0] * x.nb[0];
  if (!version.has('rowWrites')) {
    const flat = transposed ? transpose(reshape(x, width, tokens)) : x;
    const target = transposed ? view(store, [tokens, width], [store.ne[1] * store.nb[0], 0, 0]) : view(store, [tokens * width]);
    join(build, into(target, flat));
    return;
  }
  if (!transposed) {
    const merged = view(x, [width, tokens], [x.nb[2], x.nb[2] * tokens, x.nb[2] * tokens]);
    const target = store.ne[2] > 1 ? reshape(store, store.ne[0], store.ne[1] * store.ne[2]) : store;
    join(build, into(target, merged, rowsOf(sliding)));
    return;
  }
  const flat = isEven && x.nb[2] === width * x.nb[0] ? reshape(x, width, tokens) : contiguous(x, [width, tokens]);
  const cells = store.ne[0] * store.ne[1] * store.ne[2];
  join(build, into(reshape(store, 1, cells), reshape(flat, 1, width * tokens), rowsOf(sliding)));
}
