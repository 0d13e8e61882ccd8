import assert from 'node:assert/strict';
import { answerRun, findDevice, readRequest, type JsonObject, type RunMemory } from '../../../src/engine/index';
import { llama8b } from './servingModels';

const request = (engine: string, devices: readonly string[], options: JsonObject = {}, more: JsonObject = {}) =>
  readRequest({ config: llama8b.root, engine, weights: 'Q4_K_M', devices: [...devices], options, ...more }, findDevice);

function memoryOf(...args: Parameters<typeof request>): RunMemory {
  const read = request(...args);
  assert.ok(read.kind === 'run', JSON.stringify(read));
  const answer = answerRun(llama8b, read.run);
  assert.ok('memory' in answer, JSON.stringify(answer));
  return answer.memory;
}
const weightsOf = ({ perDevice }: RunMemory, name: string): number => perDevice.find(({ device }) => device === name)?.weights ?? 0;

describe('devices of several kinds', () => {
  const flags = { 'ctx-size': 8192 };

  it('have layers by their memory in llama.cpp, each its own', () => {
    const run = memoryOf('llama.cpp', ['RTX 4090', 'RTX 3060 12GB'], flags);
    const [large, small] = [weightsOf(run, 'CUDA0'), weightsOf(run, 'CUDA1')];
    assert.ok(large / small > 1.5 && large / small < 2.6, `${large} ${small}`);
    const usable = run.perDevice.filter(({ device }) => /^CUDA\d$/.test(device)).map((each) => each.usable);
    assert.equal(new Set(usable).size, 2);
    const turned = memoryOf('llama.cpp', ['RTX 3060 12GB', 'RTX 4090'], flags);
    assert.ok(weightsOf(turned, 'CUDA0') < weightsOf(turned, 'CUDA1'));
  });

  it('follow --tensor-split where it is given, and a count of each kind', () => {
    const run = memoryOf('llama.cpp', ['RTX 4090', 'RTX 3060 12GB:2'], { ...flags, 'tensor-split': [1, 1, 1] });
    const parts = ['CUDA0', 'CUDA1', 'CUDA2'].map((name) => weightsOf(run, name));
    assert.ok(Math.max(...parts) / Math.min(...parts) < 1.4, parts.join());
  });

  it('are taken by Ollama and LM Studio too, and by no engine that cuts tensors', () => {
    for (const name of ['ollama', 'lm-studio']) assert.ok(memoryOf(name, ['RTX 4090', 'RTX 3060 12GB']).perDevice.length > 2, name);
    const read = request('vllm', ['RTX 4090', 'RTX 3060 12GB'], {}, { weights: 'checkpoint' });
    assert.ok(read.kind === 'run');
    const answer = answerRun(llama8b, read.run);
    assert.ok('problem' in answer && answer.problem.code === 'devices-unequal');
  });

  it('one of which is too small is said by its name', () => {
    const run = memoryOf('llama.cpp', ['RTX 4090', 'RTX 3060 12GB'], { ...flags, 'tensor-split': [0, 1], 'ctx-size': 131_072, fit: 'off' });
    assert.ok(run.notes.some(({ code, values }) => code === 'llama-does-not-fit' && values['device'] === 'CUDA1'));
  });

  it('are told in one way', () => {
    for (const more of [{ device: 'L4' }, { count: 2 }, { memory: 2 ** 34 }])
      assert.equal(request('llama.cpp', ['RTX 4090', 'L4'], {}, more).kind, 'problem');
    assert.equal(request('llama.cpp', ['RTX 4090:0']).kind, 'problem');
    assert.equal(request('llama.cpp', []).kind, 'problem');
  });
});
