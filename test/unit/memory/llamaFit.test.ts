import assert from 'node:assert/strict';
import type { Analysis, JsonObject } from '../../../src/engine/index';
import { readFlags } from '../../../src/engine/memory/engines/flags';
import { llamaCpp, lmStudio, ollama } from '../../../src/engine/memory/engines/llamaCpp/engines';
import type { Engine, RunMemory } from '../../../src/engine/memory/engines/run';
import { llama8b, qwenMoe } from './servingModels';

const GiB = 2 ** 30;

interface Given {
  readonly memory?: number;
  readonly count?: number;
  readonly version?: string;
  readonly weights?: string;
  readonly engine?: Engine;
}
function start(
  analysis: Analysis,
  flags: JsonObject,
  { memory, count = 1, version, weights = 'Q8_0', engine = llamaCpp }: Given,
): RunMemory {
  const read = readFlags(engine.flags, flags);
  assert.ok('values' in read, JSON.stringify(read));
  return engine.memory({
    analysis,
    weights,
    engine: engine.id,
    version,
    machine: { count, device: undefined, memory: memory === undefined ? undefined : memory * GiB },
    options: read.values,
  });
}
const codes = ({ notes }: RunMemory): readonly string[] => notes.map(({ code }) => code).filter((code) => code.includes('fit'));
const valueOf = ({ notes }: RunMemory, name: string) => notes.find(({ values }) => values[name] !== undefined)?.values[name];
const onDevices = ({ perDevice }: RunMemory): readonly number[] =>
  perDevice.filter(({ device }) => /^CUDA\d/.test(device)).map(({ total }) => total);

describe("llama.cpp's --fit", () => {
  it('changes nothing where a gibibyte is left, before b7407, when it is off and for others', () => {
    assert.deepEqual(codes(start(llama8b, { fit: 'on', c: 8192 }, { memory: 24 })), []);
    assert.deepEqual(codes(start(llama8b, {}, { memory: 6, version: 'b7000' })), ['llama-does-not-fit']);
    assert.deepEqual(codes(start(llama8b, { fit: 'off' }, { memory: 6 })), ['llama-does-not-fit']);
    assert.deepEqual(codes(start(llama8b, {}, { memory: 6, engine: lmStudio })), ['llama-does-not-fit']);
  });

  it('is the default, so that a start is refused only where flags forbid it', () => {
    const refused = (flags: JsonObject, given: Given = {}): boolean =>
      start(llama8b, flags, { memory: 6, ...given }).notes.some((note) => note.refused);
    assert.equal(refused({}), false);
    assert.equal(refused({ c: 8192 }), false);
    assert.equal(refused({ fit: 'off' }), true);
    assert.equal(refused({}, { version: 'b7000' }), true);
    // The layers stay, and the shortest context does not fit beside them, or does.
    assert.equal(refused({ ngl: 33 }), true);
    assert.equal(refused({ ngl: 33 }, { memory: 12 }), false);
    assert.equal(refused({ ngl: 33, c: 65536 }, { memory: 12 }), true);
  });

  it('shortens the context first: by the line between the shortest and the longest, in steps of 256', () => {
    const offered = start(llama8b, {}, { memory: 16 });
    assert.deepEqual(codes(offered), ['llama-does-not-fit', 'llama-fit-offered']);
    const applied = start(llama8b, { fit: 'on' }, { memory: 16 });
    assert.deepEqual(codes(applied), ['llama-fit-context']);
    const context = Number(valueOf(applied, 'context'));
    assert.equal(context % 256, 0);
    assert.equal(applied.pool?.tokens, context);
    const target = 15 * GiB;
    assert.ok((onDevices(applied)[0] ?? 0) <= target);
    const longer = start(llama8b, { fit: 'off', c: context + 256 }, { memory: 16 });
    assert.ok((onDevices(longer)[0] ?? 0) > target);
  });

  it('heeds the target and the shortest context', () => {
    const context = (flags: JsonObject): number => start(llama8b, { fit: 'on', ...flags }, { memory: 16 }).pool?.tokens ?? 0;
    assert.ok(context({ 'fit-target': '2048' }) < context({}));
    assert.equal(context({ 'fit-ctx': 100_000, 'fit-target': '7000' }), 100_096);
  });

  it('leaves layers to the CPU where the shortest context is too long: one more would be too many', () => {
    const applied = start(llama8b, { fit: 'on' }, { memory: 7 });
    assert.deepEqual(codes(applied), ['llama-fit-context-layers']);
    assert.equal(applied.pool?.tokens, 4096);
    const layers = Number(valueOf(applied, 'layers'));
    assert.ok(layers > 0 && layers < 33);
    const used = (count: number): number => onDevices(start(llama8b, { fit: 'off', c: 4096, ngl: count }, { memory: 7 }))[0] ?? 0;
    assert.ok(used(layers) <= 6 * GiB && used(layers + 1) > 6 * GiB);
    assert.deepEqual(onDevices(applied), [used(layers)]);
  });

  it('gives each of several devices a slice that leaves its target', () => {
    const applied = start(llama8b, { fit: 'on', c: 32768 }, { memory: 6, count: 2 });
    const layers = String(valueOf(applied, 'layers')).split(' + ').map(Number);
    assert.equal(layers.length, 2);
    for (const used of onDevices(applied)) assert.ok(used <= 5 * GiB);
  });

  it('leaves the experts of a mixture to the CPU before whole layers', () => {
    const applied = start(qwenMoe, { fit: 'on', c: 8192 }, { memory: 12, weights: 'Q4_K_M' });
    const text = String(valueOf(applied, 'layers'));
    const [, layers = '', partial = ''] = /^(\d+) \((\d+)\)$/.exec(text) ?? [];
    assert.equal(Number(layers), 49, text);
    assert.ok(Number(partial) > 0 && Number(partial) < 48, text);
    const [used = 0] = onDevices(applied);
    assert.ok(used <= 11 * GiB && used > 10 * GiB, String(used / GiB));
  });

  it('says why it leaves the layers alone, and what cannot be told', () => {
    const fits = (flags: JsonObject, given: Given = {}): readonly string[] =>
      codes(start(llama8b, { fit: 'on', c: 8192, ...flags }, { memory: 6, ...given })).filter((code) => code !== 'llama-does-not-fit');
    assert.deepEqual(fits({ ngl: 33 }), ['llama-fit-layers-set']);
    assert.deepEqual(fits({ ot: 'ffn_up=CPU' }), ['llama-fit-overrides-set']);
    assert.deepEqual(fits({ ts: [1, 3] }, { count: 2, memory: 5 }), ['llama-fit-split-set']);
    assert.deepEqual(fits({ sm: 'row' }, { count: 2, memory: 5, version: 'b8133' }), ['llama-fit-row-split']);
    assert.deepEqual(codes(start(llama8b, { fit: 'on' }, {})), ['llama-fit-unknown']);
  });
});

describe('layers that do not fit', () => {
  const left = (engine: Engine, flags: JsonObject, given: Given = {}): RunMemory => start(llama8b, flags, { memory: 6, engine, ...given });

  it('are left to the CPU by Ollama and LM Studio, unless a number of them is asked for', () => {
    for (const [engine, flags] of [
      [ollama, {}],
      [ollama, { num_gpu: -1 }],
      [lmStudio, {}],
      [lmStudio, { gpu: 'max' }],
    ] as const) {
      const { notes } = left(engine, flags);
      assert.ok(notes.some(({ code }) => code === 'llama-layers-on-cpu') && !notes.some(({ refused }) => refused), engine.id);
    }
    assert.ok(left(ollama, { num_gpu: 33 }).notes.some(({ refused }) => refused));
    assert.ok(left(lmStudio, { gpu: '0.95' }, { memory: 4 }).notes.some(({ refused }) => refused));
  });

  it('are about as many as a run with so many on the device takes', () => {
    const layers = Number(valueOf(left(ollama, {}), 'layers'));
    assert.ok(layers > 0 && layers < 33);
    const used = (count: number): number => onDevices(left(ollama, { num_gpu: count }))[0] ?? 0;
    assert.ok(used(layers - 2) <= 6 * GiB && used(layers + 2) > 6 * GiB, String(layers));
  });
});
