import assert from 'node:assert/strict';
import fs from 'node:fs';
import { engines, findEngine, type Engine } from '../../../src/engine/index';
import { engineReach, engineRun, isShortage, readEngine, type RunAsked } from '../../../src/shared/engineRun';
import type { EngineRunView } from '../../../src/shared/panel/runs';
import { engineLine } from '../../../src/shared/text/engineRuns';
import { english } from '../../../src/shared/text/translate';
import { contentFor, device, sample, sampleNames, type Asked } from './models';

const llama = sample('Llama-3.1-8B');
const style = { locale: 'en', memory: 'binary' } as const;

function runOf(serving: NonNullable<Asked['serving']>, asked: Asked = {}): EngineRunView {
  const { run } = contentFor(llama, { ...asked, serving }).engine;
  assert.ok(run, 'a run');
  return run;
}
const engine = (name: string): Engine => {
  const found = findEngine(name);
  assert.ok(found, name);
  return found;
};
const asked: RunAsked = {
  target: { device: device('RTX 4090'), count: 1 },
  weights: 'checkpoint',
  context: 8192,
  batch: 1,
  kvDtype: 'auto',
};

describe('settings of a serving engine', () => {
  const read = (name: string, options: unknown = {}, version = '') =>
    readEngine({ engine: name, engineVersion: version, engineOptions: options });

  it('choose one, or none', () => {
    assert.deepEqual(read('none'), { kind: 'none' });
    const chosen = read('vllm', { max_model_len: 4096 }, ' 0.19.0 ');
    assert.ok(chosen.kind === 'chosen');
    assert.deepEqual([chosen.engine.id, chosen.version, chosen.options], ['vllm', '0.19.0', { 'max-model-len': '4096' }]);
  });

  it('are never taken for something else: what is wrong is named', () => {
    const problemOf = (name: string, options: unknown): string => {
      const choice = read(name, options);
      return choice.kind === 'wrong' ? `${choice.problem.code} ${choice.problem.subject}` : choice.kind;
    };
    assert.equal(problemOf('vlmm', {}), 'engine-unknown vlmm');
    assert.equal(problemOf('vllm', { 'ctx-size': 8192 }), 'flag-unknown ctx-size');
    assert.equal(problemOf('vllm', { 'gpu-memory-utilization': 2 }), 'flag-value gpu-memory-utilization');
    assert.equal(problemOf('vllm', 'max-model-len'), 'options-kind max-model-len');
  });

  it('can name every engine that there is', () => {
    const manifest = JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      contributes: { configuration: { properties: Record<string, { enum?: string[]; markdownEnumDescriptions?: string[] }> }[] };
    };
    const setting = manifest.contributes.configuration.flatMap(({ properties }) => properties['vramLens.engine'] ?? [])[0];
    assert.deepEqual(setting?.enum, ['none', ...engines.map(({ id }) => id)]);
    assert.equal(setting?.markdownEnumDescriptions?.length, setting?.enum?.length);
  });
});

describe('the run of a serving engine', () => {
  it('follows the estimate where nobody set a flag', () => {
    const flags = (name: string, more: Partial<RunAsked> = {}, options = {}) =>
      engineRun(llama, { engine: engine(name), version: undefined, options }, { ...asked, ...more })
        .flags.filter(({ origin }) => origin !== 'default')
        .map(({ name: flag, value, origin }) => `${flag} ${String(value)} ${origin}`);
    const two = { target: { device: device('H100 SXM 80GB'), count: 2 } };
    assert.deepEqual(flags('vllm', { kvDtype: 'fp8', ...two }), [
      'max-model-len 8192 estimate',
      'tensor-parallel-size 2 estimate',
      'kv-cache-dtype fp8 estimate',
    ]);
    assert.deepEqual(flags('vllm', two, { 'pipeline-parallel-size': 2, 'max-model-len': '4096' }), [
      'max-model-len 4096 own',
      'pipeline-parallel-size 2 own',
    ]);
    assert.deepEqual(flags('llama.cpp', { batch: 3 }), ['ctx-size 24576 estimate', 'parallel 3 estimate']);
    assert.deepEqual(flags('llama.cpp', { batch: 3 }, { parallel: 2 }), ['ctx-size 16384 estimate', 'parallel 2 own']);
  });

  it('asks for no more tokens than the model was made for', () => {
    const run = engineRun(llama, { engine: engine('vllm'), version: undefined, options: {} }, { ...asked, context: 2 ** 20 });
    assert.equal(run.flags.find(({ name }) => name === 'max-model-len')?.value, '131072');
  });

  it('says where an engine keeps no cache of the type that is asked for', () => {
    const { notes } = runOf({ engine: 'llama.cpp' }, { kvDtype: 'fp8' });
    assert.ok(
      notes.some(({ text }) => text.includes('FP8')),
      JSON.stringify(notes),
    );
  });

  it('reaches a longest context that fits as it is asked for, while one step more does not', () => {
    for (const name of ['vllm', 'sglang', 'llama.cpp', 'ollama']) {
      const chosen = { engine: engine(name), version: undefined, options: {} };
      const { longest, users } = engineReach(llama, chosen, asked);
      assert.ok(longest && typeof longest.tokens === 'number' && longest.by === 'memory', name);
      const fitsAt = (context: number): boolean => {
        const { memory } = engineRun(llama, chosen, { ...asked, context });
        const isShort = memory?.notes.some(({ code, refused }) => refused || isShortage(code));
        return isShort === false && (memory?.pool?.maxConcurrency ?? 0) >= 1;
      };
      assert.ok(fitsAt(longest.tokens), `${name} at ${longest.tokens}`);
      assert.ok(!fitsAt(longest.tokens + 512), `${name} beyond ${longest.tokens}`);
      assert.ok(users && typeof users.count === 'number' && users.count >= 1, name);
    }
  });

  it('says of a default that leaves layers to the CPU that it starts, and of a flag that forbids it that it would not', () => {
    const small = { context: 131072 };
    assert.equal(runOf({ engine: 'llama.cpp' }, small).verdictText, 'starts with less on the device');
    assert.equal(runOf({ engine: 'llama.cpp', engineOptions: { fit: 'off' } }, small).verdictText, 'would not start');
  });

  it('is told in a line, for every sample and engine', () => {
    for (const name of sampleNames())
      for (const each of engines) {
        const chosen = { engine: each, version: undefined, options: {} };
        const analysis = sample(name);
        const line = engineLine(
          engineRun(analysis, chosen, asked),
          engineReach(analysis, chosen, asked),
          asked.target,
          8192,
          english,
          style,
        );
        assert.match(line, /^.+ on RTX 4090: ./, `${name} ${each.id}`);
        assert.doesNotMatch(line, /NaN|undefined|Infinity/, `${name} ${each.id}`);
      }
  });
});

describe('serving engines in the panel', () => {
  it('stand side by side, the chosen one with its own flags', () => {
    const { comparison, run } = contentFor(llama, {
      comparing: true,
      serving: { engine: 'vllm', engineOptions: { 'max-model-len': 2048 } },
    }).engine;
    assert.deepEqual(
      comparison?.map(({ id }) => id),
      engines.map(({ id }) => id),
    );
    assert.deepEqual(
      comparison?.filter(({ chosen }) => chosen).map(({ id }) => id),
      ['vllm'],
    );
    assert.ok(
      comparison?.every(({ words }) => (words[0] ?? '').length > 20),
      'a sentence each',
    );
    assert.equal(run?.flags[0]?.originText, 'yours');
  });

  it('are not computed while nobody asks for them', () => {
    assert.deepEqual(contentFor(llama).engine.comparison, null);
    assert.equal(contentFor(llama).engine.run, null);
  });

  it('lead from every term to how it comes about', () => {
    for (const name of ['vllm', 'sglang', 'llama.cpp', 'ollama', 'lm-studio']) {
      const { terms, hostTerms } = runOf({ engine: name });
      assert.ok(terms.length >= 3, name);
      for (const term of [...terms, ...hostTerms]) {
        assert.ok(term.figure.how.formula.length > 0, `${name} ${term.name}`);
        assert.ok((term.figure.how.notes[0] ?? term.name) !== term.name, `${name} ${term.name} has a sentence`);
      }
    }
  });

  it("reckon vLLM's pool from the share of the device, down to the last term", () => {
    const cache = runOf({ engine: 'vllm' }).terms.find(({ name }) => name === 'kv-cache');
    assert.deepEqual(cache?.figure.how.formula.slice(0, 4), [
      'memory that the driver reports = 23.52 GiB',
      'gpu-memory-utilization = 0.92',
      '+ 21.64 GiB  the share of it',
      '− 14.99 GiB  model-weights',
    ]);
  });

  it('put what would keep the engine from starting before all else', () => {
    const { notes, verdict } = runOf({ engine: 'vllm', engineOptions: { 'tensor-parallel-size': 3 } });
    assert.equal(verdict, 'over');
    assert.ok(notes[0]?.refused);
    assert.ok(
      notes.some(({ text }) => text.includes('32 attention heads cannot be shared among 3 devices')),
      JSON.stringify(notes),
    );
  });

  it('say which numbers of devices are legal, and why others are not', () => {
    const { degrees } = runOf({ engine: 'vllm' });
    assert.equal(degrees?.text, '1, 2, 4, 8, 16, 32');
    assert.ok(degrees?.how.notes[0]?.startsWith('3: 32 attention heads'));
  });

  it('show why there is no answer in the place of figures', () => {
    assert.match(runOf({ engine: 'vllm', engineVersion: 'latest' }).problem, /"latest" is no version of vLLM/);
    assert.match(runOf({ engine: 'vllm', engineOptions: { nonsense: 1 } }).problem, /vLLM has no flag "nonsense"/);
    const { problem, terms } = runOf({ engine: 'llama.cpp' }, { precision: 'awq-int4-g128' });
    assert.match(problem, /loads GGUF files/);
    assert.equal(terms.length, 0);
  });

  it('give a reason and no figures where an engine does not run on the device, alone and beside others', () => {
    const targets = [{ device: device('MI300X'), count: 1 }];
    const { problem, terms, total } = runOf({ engine: 'tensorrt-llm' }, { targets });
    assert.deepEqual([problem, terms, total], ['TensorRT-LLM does not run on MI300X.', [], null]);
    const { comparison } = contentFor(llama, { targets, comparing: true }).engine;
    const rows = new Map(comparison?.map(({ id, problem: why, total: bytes }) => [id, [why, bytes]]));
    assert.deepEqual(rows.get('tensorrt-llm'), ['TensorRT-LLM does not run on MI300X.', '']);
    assert.deepEqual(rows.get('mlx'), ['MLX does not run on MI300X.', '']);
    assert.equal(rows.get('vllm')?.[0], '');
  });
});
