import { input, matrix, onto, rows, type Tensor } from '../ggml/tensors';
import { attend, project } from './attention';
import { join, layerNorm, linear, norm, outerWeight, type Build, type Layer } from './build';
import { denseBlock, expertBlock } from './feedForward';
import { latentAttention } from './latent';
import { deltaNet, gatedAttention, shortConvolution, stateSpace } from './recurrent';

/** Residuals of attention and feed-forward side by side, from one norm: src/models of these. */
const parallel: ReadonlySet<string> = new Set(['command-r', 'cohere2', 'falcon', 'phi2', 'gptneox', 'gptj']);
/** Embeddings that are scaled before the first block. */
const scaledEmbeddings: ReadonlySet<string> = new Set(['gemma', 'gemma2', 'gemma3', 'granite', 'granitemoe', 'granitehybrid', 'minicpm3']);
/** Where the norm called `post_attention_norm` stands before the feed-forward block instead of on attention's output. */
const normsBeforeFeedForward: ReadonlySet<string> = new Set(['glm4moe', 'gpt-oss', 'qwen3next', 'qwen35', 'qwen35moe', 'seed_oss']);
/** Sums that take over the residual's memory instead of the block's. */
const residualFirst: ReadonlySet<string> = new Set(['lfm2', 'lfm2moe']);
/** Queries with a gate beside them. */
const gatedQueries: ReadonlySet<string> = new Set(['qwen3next', 'qwen35', 'qwen35moe']);

/** Embeddings of the batch's tokens: build_inp_embd. */
function embeddings(build: Build): Tensor {
  const { tokens, version, shape, file } = build;
  const found = rows(outerWeight(build, 'token_embd.weight') as Tensor, input('I32', tokens));
  if (version.has('embeddingInputs')) {
    join(build, found);
    join(build, input('F32', shape.hidden, tokens));
  }
  let x = found;
  const first = outerWeight(build, 'token_embd_norm.weight');
  if (first) x = norm(build, x, first, outerWeight(build, 'token_embd_norm.bias'));
  return scaledEmbeddings.has(file.architecture ?? '') ? onto(x) : x;
}

/** What a block attends, mixes or convolves. */
function mixer(build: Build, layer: Layer, x: Tensor, before: Tensor): Tensor | undefined {
  const { block, shape } = layer;
  if (block.has('shortconv.conv.weight')) return shortConvolution(build, layer, x);
  if (block.has('ssm_beta.weight') || block.has('ssm_ba.weight')) return deltaNet(build, layer, x);
  if (shape.latent) return linear(build, layer, 'attn_output', latentAttention(build, layer, x));
  const scans = block.has('ssm_in.weight');
  if (!block.has('attn_q.weight') && !block.has('attn_qkv.weight')) return scans ? stateSpace(build, layer, x) : undefined;
  if (gatedQueries.has(build.file.architecture ?? '')) return gatedAttention(build, layer, x);
  const attended = linear(build, layer, 'attn_output', attend(build, layer, project(build, layer, x)));
  // Side by side (Falcon-H1), from a norm of its own.
  return scans && attended ? onto(attended, stateSpace(build, layer, layerNorm(build, layer, 'attn_norm', before))) : attended;
}

const hasExperts = ({ block }: Layer): boolean => block.has('ffn_down_exps.weight');
const hasFeedForward = ({ block }: Layer): boolean => block.has('ffn_down.weight') || block.has('ffn_down_exps.weight');
const feedForward = (build: Build, layer: Layer, x: Tensor): Tensor =>
  hasExperts(layer) ? expertBlock(build, layer, x) : denseBlock(build, layer, x);

/** One block of a decoder; the last one drops the tokens of which nothing is asked. */
export function decoderBlock(build: Build, layer: Layer, x: Tensor): Tensor {
  const { block } = layer;
  const architecture = build.file.architecture ?? '';
  const recent = gatedQueries.has(architecture);
  let residual = x;
  const input = block.has('attn_norm.weight') ? layerNorm(build, layer, 'attn_norm', x) : x;
  if (recent) join(build, input);
  let mixed = mixer(build, layer, input, x) ?? input;
  const isLast = layer.last && !keepsAllTokens(build);
  const cut = (each: Tensor): Tensor => (isLast ? rows(each, build.inputs.outputRows()) : each);
  if (parallel.has(architecture)) {
    mixed = cut(mixed);
    residual = cut(residual);
    const own = block.has('attn_norm_2.weight') ? layerNorm(build, layer, 'attn_norm_2', residual) : cut(input);
    if (architecture === 'phi2') return onto(onto(mixed, feedForward(build, layer, own)), residual);
    return onto(onto(feedForward(build, layer, own), residual), mixed);
  }
  const cutsSum = architecture === 'falcon-h1';
  if (!cutsSum) {
    mixed = cut(mixed);
    residual = cut(residual);
  }
  const before = normsBeforeFeedForward.has(architecture);
  if (!before && block.has('post_attention_norm.weight')) mixed = layerNorm(build, layer, 'post_attention_norm', mixed);
  const sum = residualFirst.has(architecture) ? onto(residual, mixed) : onto(mixed, residual);
  const middle = cutsSum ? cut(sum) : sum;
  if (!hasFeedForward(layer)) return middle;
  const name = before ? 'post_attention_norm' : 'ffn_norm';
  let out = feedForward(build, layer, block.has(`${name}.weight`) ? layerNorm(build, layer, name, middle) : middle);
  if (block.has('post_ffw_norm.weight')) out = layerNorm(build, layer, 'post_ffw_norm', out);
  return residualFirst.has(architecture) || architecture === 'phi3' ? onto(middle, out) : onto(out, middle);
}

/** Since drafts read every token's last state, these choose rows after the last norm (b9400). */
const keepsAllTokens = ({ version, file }: Build): boolean =>
  version.has('boundedOutputs') && ['qwen35', 'qwen35moe', 'qwen3next', 'gpt-oss'].includes(file.architecture ?? '');

/** The whole graph: embeddings, blocks, last norm and logits. `at` lists the blocks to build. */
export function decoderGraph(build: Build, at: readonly number[]): void {
  const { file, shape } = build;
  let x = embeddings(build);
  for (const layer of at) {
    const own: Layer = {
      at: layer,
      block: file.blocks[layer] ?? new Map(),
      shape: shape.layers[layer] as Layer['shape'],
      last: layer === shape.depth - 1,
    };
    x = decoderBlock(build, own, x);
  }
  x = norm(build, x, outerWeight(build, 'output_norm.weight'), outerWeight(build, 'output_norm.bias'));
  if (keepsAllTokens(build)) x = rows(x, build.inputs.outputRows());
  const head = outerWeight(build, 'output.weight') ?? outerWeight(build, 'token_embd.weight', 'output.weight');
  if (head) x = matrix(head, x);
  const bias = outerWeight(build, 'output.bias');
  if (bias) x = onto(x, bias);
  if (shape.outputCap) x = onto(onto(onto(x)));
  join(build, x);
}
