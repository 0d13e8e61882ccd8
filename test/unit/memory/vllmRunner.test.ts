import assert from 'node:assert/strict';
import { findDevice, type Analysis, type JsonObject } from '../../../src/engine/index';
import { readFlags } from '../../../src/engine/memory/engines/flags';
import type { Machine, RunMemory } from '../../../src/engine/memory/engines/run';
import { activationsOf } from '../../../src/engine/memory/engines/vllm/activations';
import { graphsOf } from '../../../src/engine/memory/engines/vllm/fitted';
import { requestStateBytes, reservesGraphs } from '../../../src/engine/memory/engines/vllm/runner';
import { settingsOf, type Settings } from '../../../src/engine/memory/engines/vllm/settings';
import { vllm } from '../../../src/engine/memory/engines/vllm/vllm';
import { predictionOf } from '../../../src/engine/memory/logs/predictions';
import { deepseekLite, llama8b, qwen35, qwen4b, qwenMoe } from './servingModels';

const GiB = 2 ** 30;
const found = findDevice('H100 SXM 80GB');
const h100: Machine = { count: 8, device: found.kind === 'found' ? found.device : assert.fail(), memory: Math.round(79.19 * GiB) };
const whole = { from: 0, to: 36, first: true, last: true };

function settings(model: Analysis, version: string, options: JsonObject = {}, weights?: string): Settings {
  const read = readFlags(vllm.flags, options);
  assert.ok('values' in read);
  return settingsOf(model, version, h100, read.values, weights);
}
function start(model: Analysis, version: string, options: JsonObject = {}): RunMemory {
  const read = readFlags(vllm.flags, options);
  assert.ok('values' in read);
  return vllm.memory({ analysis: model, weights: 'checkpoint', engine: 'vllm', version, machine: h100, options: read.values });
}
const bytesOf = ({ terms }: RunMemory, name: string): number => terms.find((term) => term.name === name)?.bytes ?? 0;

describe("vLLM's model runner", () => {
  const runner = (...[model, version, options, weights]: Parameters<typeof settings>) => settings(model, version, options, weights).runner;

  it('is the second one for some classes from 0.22 on, for dense models from 0.25 and for all from 0.29', () => {
    const versions = ['0.21.0', '0.22.0', '0.23.0', '0.24.0', '0.25.1', '0.29.0'];
    const taken = (model: Analysis): string => versions.map((version) => runner(model, version)).join(' ');
    assert.equal(taken(qwen4b), 'V1 V2 V2 V2 V2 V2');
    assert.equal(taken(llama8b), 'V1 V1 V2 V2 V2 V2');
    assert.equal(taken(deepseekLite), 'V1 V1 V1 V2 V2 V2');
    assert.equal(taken(qwenMoe), 'V1 V1 V1 V1 V1 V2');
    assert.equal(taken(qwen35), 'V1 V1 V1 V1 V1 V2');
  });

  it('is the first one where the second lacks a feature', () => {
    const ngram = { 'speculative-config': '{"method": "ngram", "num_speculative_tokens": 3}' };
    assert.deepEqual(
      [runner(qwen4b, '0.22.1', ngram), runner(qwen4b, '0.29.0', ngram), runner(qwen4b, '0.33.0', ngram)],
      ['V1', 'V1', 'V2'],
    );
    const pooling = { runner: 'pooling' };
    assert.deepEqual([runner(qwen4b, '0.28.0', pooling), runner(qwen4b, '0.29.0', pooling)], ['V1', 'V2']);
    assert.deepEqual([runner(qwen4b, '0.23.0', { quantization: 'fp8' }), runner(qwen4b, '0.24.0', { quantization: 'fp8' })], ['V1', 'V2']);
    assert.equal(runner(qwen4b, '0.22.1', {}, 'awq-int4-g128'), 'V1');
  });

  it('the second one samples with fewer copies of the logits', () => {
    const logits = (version: string, model = qwen4b): number => {
      const set = settings(model, version, { 'max-num-seqs': 256 });
      return activationsOf(model, set, whole).sampler - 8192 * 2560 * 2 - (set.runner === 'V2' ? 1 : 2) * 256 * 2560 * 2;
    };
    const each = 256 * 151936;
    assert.equal(logits('0.21.0'), each * 14 + 132 * 151936 * 4);
    assert.deepEqual(
      ['0.22.1', '0.27.1', '0.28.0', '0.32.0', '0.33.0'].map((version) => logits(version) / each),
      [6, 6, 2, 2, 14],
    );
  });

  it('below eight sequences the first one sorts, whatever the version', () => {
    const sampler = (version: string): number => activationsOf(qwenMoe, settings(qwenMoe, version, { 'max-num-seqs': 4 }), whole).sampler;
    assert.equal(sampler('0.21.0'), sampler('0.16.0'));
  });

  it('the second one keeps counts of words, which the pool makes room for from 0.27 on', () => {
    const counts = 256 * (4 * 151936 + 2 * 4 * 4748);
    assert.equal(requestStateBytes(qwen4b, settings(qwen4b, '0.22.1', { 'max-num-seqs': 256 }), whole), counts);
    assert.equal(requestStateBytes(qwen4b, settings(qwen4b, '0.21.0'), whole), 0);
    assert.equal(requestStateBytes(qwen4b, settings(qwen4b, '0.22.1'), { last: false }), 0);
    const [early, late] = ['0.25.1', '0.27.1'].map((version) => start(qwen4b, version, { 'max-num-seqs': 256 }));
    assert.ok(early?.pool && late?.pool);
    assert.equal(early.pool.bytes - late.pool.bytes, counts);
    assert.deepEqual(
      [early, late].map((run) => bytesOf(run, 'request-state')),
      [counts, counts],
    );
    assert.equal(early.perDevice[0]?.buffers, counts);
  });
});

describe("vLLM's graphs", () => {
  it('are estimated and taken from the pool since 0.20, by the second runner since 0.29', () => {
    const reserves = (version: string, model = qwen4b): boolean => reservesGraphs(settings(model, version));
    assert.deepEqual(
      ['0.19.0', '0.20.0', '0.22.1', '0.28.0', '0.29.0'].map((version) => reserves(version)),
      [false, true, false, false, true],
    );
    assert.ok(reserves('0.28.0', qwenMoe));
    const run = start(qwen4b, '0.28.0');
    assert.ok(bytesOf(run, 'cuda-graphs') > 0);
    assert.ok(!run.terms.find(({ name }) => name === 'kv-cache')?.steps?.some(({ code }) => code === 'cuda-graphs'));
  });

  it('grow with the layers of the stage, and with what is captured', () => {
    const of = (version: string, options: JsonObject = {}, stage = whole): number =>
      graphsOf(stage, settings(qwen4b, version, options)).bytes;
    const both = of('0.19.0');
    assert.ok(of('0.19.0', {}, { ...whole, to: 18 }) < both);
    const perGraph = (0.01528 / 102) * 36 * GiB;
    assert.ok(Math.abs(both - of('0.10.2') - 51 * perGraph) < 2);
    const mode = (name: string): JsonObject => ({ 'compilation-config': `{"cudagraph_mode": "${name}"}` });
    assert.ok(Math.abs(both - of('0.19.0', mode('PIECEWISE')) - 51 * perGraph) < 2);
    assert.equal(of('0.19.0', mode('FULL_DECODE_ONLY')), of('0.19.0', mode('PIECEWISE')));
    assert.ok(Math.abs(of('0.19.0', { 'enable-lora': true }) - both - 102 * perGraph) < 2);
    assert.equal(of('0.19.0', mode('NONE')), 0);
    assert.equal(of('0.19.0', { 'enforce-eager': true }), 0);
  });

  it('a small batch loads as much at its first capture up to 0.17, and hardly any later', () => {
    const small = (version: string): number => graphsOf(whole, settings(qwen4b, version, { 'cudagraph-capture-sizes': [1] })).bytes / GiB;
    assert.ok(small('0.17.1') > 0.12 && small('0.18.0') < 0.02);
  });
});

describe('what vLLM prints of a profiling run', () => {
  const printed = (run: RunMemory, name: string): number =>
    predictionOf(run, { name, unit: 'bytes', value: 0, half: 0 })?.value ?? assert.fail();

  it('up to 0.26 is the whole peak', () => {
    const run = start(qwenMoe, '0.26.0');
    assert.equal(printed(run, 'activations'), bytesOf(run, 'peak-activation'));
  });

  it('later is what goes again and the estimate of the graphs; what stays is gone with the weights', () => {
    for (const run of [start(qwenMoe, '0.26.1rc1.dev156'), start(qwen4b, '0.27.1'), start(qwen4b, '0.29.0')]) {
      const graphs = run.version === '0.27.1' ? 0 : bytesOf(run, 'cuda-graphs');
      const kept = run.terms.find(({ name }) => name === 'peak-activation')?.kept ?? assert.fail();
      assert.equal(printed(run, 'activations'), bytesOf(run, 'peak-activation') - kept + graphs);
      const gone = bytesOf(run, 'model-weights') + bytesOf(run, 'non-torch') + bytesOf(run, 'request-state') + kept;
      assert.equal(printed(run, 'consumed'), gone);
      const room = Math.floor(h100.memory! * (run.terms.at(-1)?.steps?.[1]?.value ?? 0)) - gone - printed(run, 'activations');
      assert.equal(run.pool?.bytes, room);
    }
  });
});
