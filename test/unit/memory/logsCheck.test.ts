import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  analyzeText,
  answerRun,
  answerWithProfile,
  bestProfile,
  checkLog,
  defaultStyle,
  findDevice,
  findEngine,
  isMeasuredHere,
  isSameRun,
  machineOf,
  measuredDevice,
  profileOf,
  readProfile,
  type Analysis,
  type Device,
  type JsonValue,
  type LogCheck,
  type RunMemory,
  type RunRequest,
} from '../../../src/engine/index';
import type { CheckGiven } from '../../../src/engine/memory/logs/check';
import { logReader } from '../../../src/engine/memory/logs/reader';
import { profileLines } from '../../../src/shared/text/deviceProfiles';
import { logCheckReport, worstText } from '../../../src/shared/text/logCheck';
import { english } from '../../../src/shared/text/translate';
import { languages } from '../text/support';
import { llamaLines, sglangLines, vllmLines } from './logLines';

const root = join(import.meta.dirname, '..', '..', '..');
const GiB = 2 ** 30;

function llama(): Analysis {
  const { result } = analyzeText(readFileSync(join(root, 'samples', 'Llama-3.1-8B', 'config.json'), 'utf8'));
  assert.ok(result.kind === 'model');
  return result;
}
const analysis = llama();
function device(name: string): Device {
  const found = findDevice(name);
  assert.ok(found.kind === 'found');
  return found.device;
}
const h100 = device('H100 SXM 80GB');

function check(lines: readonly string[], given: CheckGiven = {}): LogCheck {
  const reader = logReader();
  for (const line of lines) reader.add(line);
  const [start] = reader.starts();
  assert.ok(start);
  const found = checkLog(start, analysis, given);
  assert.ok(!('problem' in found), JSON.stringify(found));
  return found;
}
const term = ({ terms }: LogCheck, name: string) => terms.find((each) => each.name === name);

describe('a log held against the rules', () => {
  it('gives every printed term its prediction, difference and band', () => {
    const found = check(vllmLines, { device: h100 });
    assert.deepEqual(
      [found.version, found.versionFrom, found.machine.source, found.machine.memory],
      ['0.11.0', 'log', 'log', Math.round(79.19 * GiB)],
    );
    for (const name of [
      'model-weights',
      'pool',
      'tokens',
      'max-concurrency',
      'cuda-graphs',
      'peak-activation',
      'non-torch',
      'tokens-of-printed-pool',
    ]) {
      const each = term(found, name);
      assert.ok(each && each.predicted !== null && each.printed !== null, name);
      assert.equal(each.difference, each.predicted - each.printed);
    }
    // 54.80 GiB hold 448,912 tokens of 131,072 bytes in blocks of 16.
    assert.deepEqual([term(found, 'tokens-of-printed-pool')?.predicted, term(found, 'tokens-of-printed-pool')?.within], [448_912, true]);
  });
  it('calls a figure without a prediction by the same name', () => {
    const found = check([
      'INFO 01-01 Initializing a V1 LLM engine (v0.11.0)',
      'INFO Maximum concurrency for 8,192 tokens per request: 54.80x',
    ]);
    assert.deepEqual(term(found, 'max-concurrency')?.predicted, null);
  });
  it('is answered as the same run asked in words', () => {
    const found = check(llamaLines);
    const engine = findEngine('llama.cpp');
    assert.ok(engine);
    const options = { c: 8192, b: 2048, ub: 512, np: 1, fa: 'off', ngl: 99, ctk: 'f16', ctv: 'f16' };
    const asked = answerRun(analysis, {
      engine,
      version: '6150',
      device: device('RTX 4090'),
      count: 1,
      memory: 23_287 * 2 ** 20,
      weights: 'Q4_K_M',
      options,
    });
    assert.ok('memory' in asked);
    assert.deepEqual(found.memory, asked.memory);
    assert.equal(found.verdict, 'within');
  });
  it('names the term that is furthest off, and what may be behind it', () => {
    const found = check(vllmLines.map((line) => line.replace('54.80 GiB', '44.80 GiB').replace('448,912', '367,000')));
    assert.deepEqual([found.verdict, found.worst?.term.name], ['differs', 'pool']);
    const quantized = check(llamaLines.map((line) => line.replace('4403.49', '4503.49')));
    assert.deepEqual([quantized.worst?.term.name, quantized.worst?.reasons[0]?.code], ['CUDA0 model', 'file-types-of-another-recipe']);
    const moved = check(llamaLines.map((line) => line.replace('4403.49', '4303.49').replace('281.81', '381.81')));
    assert.equal(moved.worst?.reasons[0]?.code, 'weights-placed-otherwise');
  });
  it('says what a pool follows from', () => {
    const found = check(
      vllmLines.map((line) =>
        line
          .replace('54.80 GiB', '51.75 GiB')
          .replace('448,912 tokens', '423,936 tokens')
          .replace('1.26 GiB for peak', '4.46 GiB for peak'),
      ),
      { device: h100 },
    );
    const pool = term(found, 'pool');
    assert.equal(pool?.within, false);
    assert.equal(found.worst?.term.name, 'peak-activation');
  });
  it('takes the memory from what was free before loading, and says what others held', () => {
    const lines = sglangLines.map((line) => line.replace('server_args=', 'device_name=NVIDIA_H100_80GB_HBM3, server_args='));
    const found = check(
      [`[2025-03-25 16:36:01 TP0] Using default kernel config device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8`, ...lines.slice(1)],
      { version: '0.4.6' },
    );
    assert.deepEqual([found.machine.source, found.machine.name], ['free', 'H100 SXM 80GB']);
    const held = check(
      [
        `[x TP0] Using default kernel config device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8`,
        ...sglangLines.map((line) => line.replace('78.59', '60.00').replace('1.93', '0.40')),
      ],
      { version: '0.4.6' },
    );
    assert.ok(
      held.worst?.reasons.some(({ code }) => code === 'memory-held-by-others'),
      JSON.stringify(held.worst?.reasons),
    );
  });
  it('compares nothing where the machine is not known and only a pool is printed, and says so', () => {
    const found = check(['(EngineCore pid=1) INFO 10-23 15:15:00 [gpu_worker.py:298] Available KV cache memory: 54.80 GiB'], {
      version: '0.11.0',
    });
    assert.deepEqual([found.verdict, term(found, 'pool')?.predicted, found.machine.source], ['nothing', null, 'unknown']);
  });
  it('names the flags that decide memory and were not printed', () => {
    assert.deepEqual(check(vllmLines).defaults, []);
    assert.deepEqual(check(llamaLines).defaults, ['override-tensor', 'n-cpu-moe']);
  });
  it('asks for weights where the log names no file type', () => {
    const reader = logReader();
    reader.add('load_tensors:        CUDA0 model buffer size =  4403.49 MiB');
    const [start] = reader.starts();
    assert.ok(start);
    const found = checkLog(start, analysis);
    assert.ok('problem' in found && found.problem.path === 'weights');
  });
  for (const { name, t, style } of languages)
    it(`is a report in words (${name})`, () => {
      const found = check(
        vllmLines.map((line) => line.replace('14.9889', '17.5000')),
        { device: h100 },
      );
      const report = logCheckReport('a|b.log', found, analysis, 'config.json', t, style);
      assert.match(report, /^# a\\\|b\.log /);
      assert.match(report, /\| model-weights \|/);
      assert.ok(worstText(found, t, style).length >= 2);
      assert.doesNotMatch(report, /undefined|NaN|\{\d\}/);
    });
});

describe('the profile of a machine', () => {
  const found = check(vllmLines, { device: h100 });
  const profile = profileOf(found, analysis, { log: 'vllm.log', date: '2026-03-01' });
  const vllm = findEngine('vllm');
  assert.ok(vllm);
  const request: RunRequest = {
    engine: vllm,
    version: '0.11.0',
    device: h100,
    count: 1,
    memory: undefined,
    weights: 'checkpoint',
    options: { 'max-model-len': 8192 },
  };

  it('keeps memory, what PyTorch does not manage and the graphs, and is read back from its JSON', () => {
    assert.ok(profile);
    assert.deepEqual(
      [
        profile.device,
        profile.engine,
        profile.ranks,
        profile.memory,
        profile.nonTorch?.bytes,
        profile.graphs?.bytes,
        profile.graphs?.model,
      ],
      ['H100 SXM 80GB', 'vllm', 1, Math.round(79.19 * GiB), Math.round(0.07 * GiB), Math.round(0.55 * GiB), 'llama'],
    );
    assert.deepEqual(readProfile(JSON.parse(JSON.stringify(profile)) as JsonValue), profile);
  });
  it('of anything else is none', () => {
    for (const value of [
      null,
      5,
      [],
      {},
      { ...profile, profile: 2 },
      { ...profile, engine: 'x' },
      { ...profile, nonTorch: { bytes: -1, half: 0 } },
      { ...profile, graphs: { bytes: 1, half: 1 } },
    ])
      assert.equal(readProfile(value as JsonValue), undefined);
  });
  it('replaces the terms, labels them, and counts the pool again', () => {
    assert.ok(profile);
    const own = { ...profile, nonTorch: { bytes: 3 * GiB, half: 0 } };
    const plain = answerRun(analysis, { ...request, memory: profile.memory ?? undefined });
    const measured = answerWithProfile(analysis, request, own);
    assert.ok('memory' in plain && 'memory' in measured);
    const of = (name: string) => measured.memory.terms.find((each) => each.name === name);
    for (const name of ['non-torch', 'cuda-graphs']) assert.deepEqual(of(name)?.basis.reasons, ['measured-here'], name);
    const before = plain.memory.terms.find(({ name }) => name === 'non-torch')?.bytes ?? 0;
    assert.equal((plain.memory.pool?.bytes ?? 0) - (measured.memory.pool?.bytes ?? 0), 3 * GiB - before);
    for (const each of measured.memory.terms) assert.ok(each.low <= each.bytes && each.bytes <= each.high, each.name);
    for (const each of measured.memory.perDevice)
      assert.equal(each.weights + each.cache + each.activations + each.graphs + each.nonTorch + each.buffers, each.total);
  });
  it('is not applied where another engine, other ranks or another model runs, and says so', () => {
    assert.ok(profile);
    const two = answerWithProfile(analysis, { ...request, count: 2, options: { 'tensor-parallel-size': 2 } }, profile);
    assert.ok('memory' in two);
    const codes = ({ notes }: RunMemory): readonly string[] => notes.map(({ code }) => code).filter((code) => code.startsWith('profile'));
    assert.deepEqual(codes(two.memory), ['profile-applied', 'profile-other-runs']);
    const newer = answerWithProfile(analysis, { ...request, version: '0.12.0' }, profile);
    assert.ok('memory' in newer);
    assert.deepEqual(codes(newer.memory), ['profile-applied', 'profile-other-runs']);
    assert.equal(newer.memory.notes.find(({ code }) => code === 'profile-applied')?.values['figures'], 'memory');
    assert.ok(newer.memory.terms.every(({ basis }) => !basis.reasons.includes('measured-here')));
    const build = answerWithProfile(analysis, { ...request, version: '0.11.0+cu128' }, profile);
    assert.ok('memory' in build);
    assert.equal(build.memory.notes.find(({ code }) => code === 'profile-applied')?.values['figures'], 'memory,non-torch,cuda-graphs');
    assert.ok(two.memory.terms.every(({ basis }) => !basis.reasons.includes('measured-here')));
    const other = { ...profile, graphs: { bytes: 1, half: 0, model: 'qwen2', parameters: 1 } };
    const model = answerWithProfile(analysis, request, other);
    assert.ok('memory' in model && model.memory.notes.some(({ code }) => code === 'profile-other-model'));
  });
  it('gives the device its memory, whatever the engine, and says which log it is from', () => {
    assert.ok(profile);
    const memory = Math.round(79.19 * GiB);
    const own = measuredDevice(h100, [{ ...profile, device: 'L4', memory: 1 }, profile, { ...profile, memory: null }]);
    assert.deepEqual([own.usable?.bytes, isMeasuredHere(own), own.profiles?.length], [memory, true, 2]);
    assert.equal(isMeasuredHere(h100), false);
    assert.equal(machineOf(own, 1).memory, memory, 'nothing is taken off for the driver');
    assert.equal(measuredDevice(h100, []), h100);
    const parts = { ...h100, parts: 2 };
    assert.equal(measuredDevice(parts, [profile]).usable?.bytes, 2 * memory);
    assert.match(
      profileLines(own, english, defaultStyle).join(' '),
      /79\.19 GiB usable.*vLLM 0\.11\.0 on one device \(vllm\.log, checked on 2026-03-01\)/,
    );
  });
  it('of the same engine, version and ranks comes before others, and a later one before an earlier', () => {
    assert.ok(profile);
    const [ranks, version, engine, later] = [
      { ...profile, ranks: 2 },
      { ...profile, version: '0.10.0' },
      { ...profile, engine: 'sglang' as const },
      { ...profile, date: '2026-04-01' },
    ];
    assert.equal(bestProfile([profile, ranks, version, engine], 'vllm', '0.11.0', 1), profile);
    assert.equal(bestProfile([profile, ranks, version], 'vllm', '0.11.0', 2), ranks);
    assert.equal(bestProfile([profile, later, engine], 'vllm', '0.11.0', 1), later);
    assert.equal(bestProfile([version, engine], 'vllm', '0.11.0', 1), version);
    assert.equal(bestProfile([], 'vllm', '0.11.0', 1), undefined);
    assert.ok(isSameRun(profile, later) && !isSameRun(profile, ranks) && !isSameRun(profile, version) && !isSameRun(profile, engine));
  });
  it('is none where the log names no device', () => {
    assert.equal(
      profileOf(check(['(EngineCore pid=1) INFO [x] Model loading took 14.99 GiB and 1 seconds'], { version: '0.11.0' }), analysis, {
        log: null,
        date: null,
      }),
      undefined,
    );
  });
});
