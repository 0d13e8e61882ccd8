import assert from 'node:assert/strict';
import { analyze, presets, weightsAt, type Analysis, type JsonObject, type KeepEdits } from '../../../src/engine/index';
import { llama31Of8B, qwen3Of30BA3B } from './models';

const of = (config: JsonObject): Analysis => analyze(config) as Analysis;
const at = (analysis: Analysis, preset: string, edits: KeepEdits) => weightsAt(analysis, preset, { edits });

describe('a changed keep list', () => {
  const llama = of(llama31Of8B);
  const plain = weightsAt(llama, 'awq-int4-g128');
  const [hidden, intermediate, kv, layers, vocab] = [4096, 14336, 1024, 32, 128256] as const;
  /** Bytes of a matrix with AWQ's words, zero points and scales. */
  const awq = (columns: number, rows: number): number => (columns * rows) / 2 + (columns / 128) * (rows / 2 + 2 * rows);
  const saved = (columns: number, rows: number): number => 2 * columns * rows - awq(columns, rows);

  it('leaves a part at the type of the checkpoint', () => {
    const attention = saved(hidden, hidden) * 2 + saved(hidden, kv) * 2;
    assert.equal(at(llama, 'awq-int4-g128', { keep: ['attention'] }).bytes - plain.bytes, layers * attention);
  });
  it('quantizes what the writer leaves alone', () => {
    assert.equal(plain.bytes - at(llama, 'awq-int4-g128', { quantize: ['head'] }).bytes, saved(hidden, vocab));
  });
  it('keeps whole layers at the ends, each once', () => {
    const layer = saved(hidden, hidden) * 2 + saved(hidden, kv) * 2 + saved(hidden, intermediate) * 2 + saved(intermediate, hidden);
    const added = (edits: KeepEdits): number => at(llama, 'awq-int4-g128', edits).bytes - plain.bytes;
    assert.equal(added({ firstLayers: 1 }), layer);
    assert.equal(added({ firstLayers: 2, lastLayers: 3 }), 5 * layer);
    assert.equal(added({ firstLayers: 20, lastLayers: 20 }), layers * layer);
    assert.equal(added({ firstLayers: 1e6 }), layers * layer);
  });
  it('leaves the experts of the kept layers alone too', () => {
    const moe = of(qwen3Of30BA3B);
    const without = weightsAt(moe, 'w4a16-g128');
    const [experts, width, inner] = [128, 2048, 768] as const;
    const packed = (columns: number, rows: number): number => (columns * rows) / 2 + 2 * (columns / 128) * rows + 16;
    const difference = experts * (2 * (2 * width * inner - packed(width, inner)) + (2 * width * inner - packed(inner, width)));
    assert.equal(
      at(moe, 'w4a16-g128', { keep: ['attention'], lastLayers: 1 }).bytes - at(moe, 'w4a16-g128', { keep: ['attention'] }).bytes,
      difference,
    );
    assert.ok(without.bytes < at(moe, 'w4a16-g128', { keep: ['experts'] }).bytes);
  });
  it('says so in the basis, and only then', () => {
    const edited = { kind: 'rule', reasons: ['keep-list-edited'] };
    assert.deepEqual(at(llama, 'awq-int4-g128', { keep: ['attention'] }).basis, edited);
    assert.deepEqual(at(llama, 'awq-int4-g128', { lastLayers: 1 }).basis, edited);
    assert.deepEqual(at(llama, 'awq-int4-g128', { keep: [] }).basis, plain.basis);
    // The head stays anyway, and there are no experts.
    assert.deepEqual(at(llama, 'awq-int4-g128', { keep: ['head', 'experts'], quantize: ['router'] }).basis, plain.basis);
  });
  it('never touches norms and biases, and never counts more than everything at 16 bits', () => {
    const all = { quantize: ['attention', 'mlp', 'experts', 'router', 'embedding', 'head', 'towers'] } as const;
    for (const { name, scheme } of presets) {
      if (!scheme) continue;
      const kept = at(llama, name, all).details?.keptByReason;
      assert.ok((kept?.norm ?? 0) > 0, name);
      assert.ok(at(llama, name, { keep: all.quantize }).bytes === weightsAt(llama, 'bf16').bytes, name);
    }
  });
});
