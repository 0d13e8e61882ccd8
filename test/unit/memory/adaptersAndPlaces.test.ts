import assert from 'node:assert/strict';
import { answerRun, findDevice, findEngine, type JsonObject, type RunMemory } from '../../../src/engine/index';
import { llama8b } from './servingModels';

const GiB = 2 ** 30;

function ask(name: string, options: JsonObject, on = 'H100 SXM 80GB', count = 1, weights = 'checkpoint', version?: string) {
  const engine = findEngine(name);
  const found = findDevice(on);
  assert.ok(engine && found.kind === 'found');
  return answerRun(llama8b, { engine, version, device: found.device, count, memory: undefined, weights, options });
}
function memoryOf(...args: Parameters<typeof ask>): RunMemory {
  const answer = ask(...args);
  assert.ok('memory' in answer, JSON.stringify(answer));
  return answer.memory;
}
const problemOf = (...args: Parameters<typeof ask>): string => {
  const answer = ask(...args);
  return 'problem' in answer ? answer.problem.code : 'answered';
};
const isSaid = ({ notes }: RunMemory, code: string): boolean => notes.some((note) => note.code === code);

describe('adapters', () => {
  it("of vLLM's --max-cpu-loras stay in host memory, whole for each rank", () => {
    const lora = { 'max-model-len': 8192, 'enable-lora': true, 'max-lora-rank': 16, 'max-loras': 1 };
    const one = memoryOf('vllm', lora).terms.find(({ name }) => name === 'lora-adapters')?.bytes ?? 0;
    const host = memoryOf('vllm', { ...lora, 'max-cpu-loras': 8 }).host?.weights ?? 0;
    assert.ok(Math.abs(host / (8 * one) - 1) < 0.01, `${host} of 8 × ${one}`);
    const two = memoryOf('vllm', { ...lora, 'max-cpu-loras': 8, 'tensor-parallel-size': 2 }, 'H100 SXM 80GB', 2).host?.weights ?? 0;
    assert.ok(Math.abs(two / (16 * one) - 1) < 0.03);
    assert.equal(memoryOf('vllm', lora).host, undefined);
    assert.equal(problemOf('vllm', { ...lora, 'max-loras': 4, 'max-cpu-loras': 2 }), 'lora-host-few');
  });

  it('whose size only their files tell are said to be left out', () => {
    assert.ok(isSaid(memoryOf('llama.cpp', { lora: 'a.gguf', 'ctx-size': 8192 }, 'RTX 4090', 1, 'Q4_K_M'), 'adapters-not-counted'));
    assert.ok(
      isSaid(memoryOf('llama.cpp', { 'lora-scaled': 'a.gguf:0.5', 'ctx-size': 8192 }, 'RTX 4090', 1, 'Q4_K_M'), 'adapters-not-counted'),
    );
    assert.ok(isSaid(memoryOf('tgi', { 'lora-adapters': 'a/b' }), 'adapters-not-counted'));
  });
});

describe("Ollama's scheduler", () => {
  const held = (run: RunMemory): readonly string[] => run.perDevice.map(({ device }) => device).filter((name) => /^CUDA\d$/.test(name));
  const two = (options: JsonObject, weights = 'Q4_K_M'): RunMemory =>
    memoryOf('ollama', { 'num-ctx': 8192, ...options }, 'RTX 4090', 2, weights);

  it('takes one device where the model fits on it, and all where it is told or must', () => {
    assert.deepEqual(held(two({})), ['CUDA0']);
    assert.ok(isSaid(two({}), 'ollama-one-device'));
    assert.deepEqual(held(two({ OLLAMA_SCHED_SPREAD: true })), ['CUDA0', 'CUDA1']);
    assert.deepEqual(held(two({ 'num-ctx': 131_072 }, 'BF16')), ['CUDA0', 'CUDA1']);
  });

  it('leaves of each device what is to be left', () => {
    const run = two({ OLLAMA_GPU_OVERHEAD: 20 * GiB });
    assert.ok(isSaid(run, 'ollama-overhead'));
    assert.deepEqual(held(run), ['CUDA0', 'CUDA1']);
    const [usable] = run.perDevice.filter(({ device }) => device === 'CUDA0').map((each) => each.usable);
    assert.ok((usable ?? 0) < 4 * GiB);
  });
});

describe("transformers' max_memory", () => {
  const map = (maxMemory: JsonObject | string, more: JsonObject = {}): RunMemory =>
    memoryOf('transformers', { 'device-map': 'auto', 'max-memory': maxMemory, ...more }, 'RTX 4090', 2);

  it('bounds what each device takes of the weights', () => {
    const run = map({ 0: '6GiB', 1: '20GiB' });
    const [first, second] = run.perDevice.map(({ weights }) => weights);
    assert.ok(
      (first ?? 0) <= 6 * GiB && (first ?? 0) > 4 * GiB && (second ?? 0) > 8 * GiB,
      run.perDevice.map(({ weights }) => weights / GiB).join(),
    );
    assert.equal(map({ 1: '20GiB' }).perDevice[0]?.weights, 0);
    assert.ok(isSaid(map({ 0: '6GiB', 1: '2GB', cpu: '64GiB' }), 'weights-on-host'));
  });

  it('is read, and said where it does nothing', () => {
    assert.equal(problemOf('transformers', { 'max-memory': '10GiB' }), 'flag-json');
    assert.equal(problemOf('transformers', { 'max-memory': { 0: 'ten' } }), 'max-memory-value');
    assert.ok(isSaid(map({ 0: '6GiB' }, { 'device-map': 'cuda' }), 'max-memory-idle'));
    assert.ok(isSaid(map({ 0: '20GiB', 1: '20GiB' }, { 'assistant-model': 'x/y' }), 'draft-model-not-counted'));
  });
});
