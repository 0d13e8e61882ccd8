import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runNoteCodes } from '../../src/shared/text/engineRuns';
import { run } from './program';

const root = join(import.meta.dirname, '..', '..');
const sample = join(root, 'samples', 'Llama-3.1-8B', 'config.json');
const config = JSON.parse(readFileSync(sample, 'utf8')) as object;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the JSON holds is what is tested
type Report = Record<string, any>;

const asked = async (...requests: readonly object[]): Promise<Report[]> =>
  (await run(['--jsonl'], requests.map((request) => `${JSON.stringify(request)}\n`).join(''))).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);

const vllm = { config, engine: 'vllm', engineVersion: '0.19.0', device: 'H100 SXM 80GB', options: { 'max-model-len': 8192 } };

describe('one start of an engine on the command line', function () {
  it('is the same as a request and as words', async () => {
    const [answer] = await asked({ ...vllm, count: 2, options: { tensor_parallel_size: 2, 'max-model-len': 8192 } });
    const words = ['--engine', 'vllm', '--engine-version', '0.19.0', '--device', 'H100 SXM 80GB:2'];
    const { out, code } = await run(['--json', sample, ...words, '--', '-tp', '2', '--max-model-len=8192']);
    assert.equal(code, 0);
    assert.deepEqual((JSON.parse(out) as Report)['memory'], answer?.['memory']);
  });
  it('sums its parts for each device, and says what each term stands on', async () => {
    const [report] = await asked(vllm);
    const { perDevice, pool, terms } = report?.['memory'] as Report;
    for (const each of perDevice as Report[]) {
      const parts = ['weights', 'cache', 'activations', 'graphs', 'nonTorch', 'buffers'].map((part) => each[part] as number);
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        each['total'],
      );
      assert.ok(each['total'] < each['usable']);
    }
    // 131,072 bytes per token of Llama-3.1-8B; whole blocks.
    assert.equal(pool.tokens, Math.floor(pool.bytes / 131_072 / 16) * 16);
    for (const { low, bytes, high, basis } of terms as Report[]) assert.ok(low <= bytes && bytes <= high && basis.kind !== undefined);
    assert.deepEqual(report?.['parameters'].total, 8_030_261_248);
  });
  it('answers llama.cpp’s buffers under the names that it prints', async () => {
    const [report] = await asked({ config, engine: 'llama.cpp', device: 'RTX 4090', weights: 'Q4_K_M', options: { c: 8192, ngl: 99 } });
    const { buffers } = report?.['memory'] as Report;
    assert.deepEqual(Object.keys(buffers as Report).sort(), ['CPU', 'CUDA0', 'CUDA_Host']);
    assert.equal(buffers.CUDA0.kv, 8192 * 131_072);
  });
  it('refuses what it does not know by name, and nothing else goes wrong', async () => {
    const answers = await asked(
      { ...vllm, options: { 'max-modellen': 8192 } },
      { ...vllm, devise: 'H100' },
      { ...vllm, engine: 'vlm' },
      { ...vllm, device: 'H1000' },
      { ...vllm, weights: 'Q9' },
      { ...vllm, count: 0 },
      { ...vllm, options: { 'gpu-memory-utilization': 7 } },
      { config, mode: 'trane' },
      { config, mode: 'train', optimiser: 'sgd' },
      { config, mode: 'prefill', zero: 2 },
      { config },
      { config: 5, engine: 'vllm' },
      vllm,
    );
    assert.deepEqual(
      answers.map(({ error }) => error?.path as unknown),
      [
        'options.max-modellen',
        'devise',
        'engine',
        'device',
        'weights',
        'count',
        'options.gpu-memory-utilization',
        'mode',
        'optimiser',
        'zero',
        '',
        'config',
        undefined,
      ],
    );
    for (const { error } of answers.slice(0, -1)) assert.ok(error.code && error.message);
  });
  it('says on the command line what is missing or wrong', async () => {
    for (const [args, message] of [
      [['--engine', 'vllm'], /needs --device/],
      [['--engine', 'nope', '--device', 'L4'], /--engine takes one of vllm/],
      [['--engine-version', '0.10'], /--engine is missing/],
      [
        ['--engine', 'vllm', '--device', 'L4', '--', '--max-model-lens', '1'],
        /--max-model-lens is not known; did you mean max-model-len\?/,
      ],
      [['--engine', 'vllm', '--device', 'L4', '--memory', 'x'], /--memory takes bytes/],
    ] as const) {
      const { err, code } = await run([sample, ...args]);
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });
  it('prints terms with bands, devices and the pool, and refusals first', async () => {
    const { out } = await run([sample, '--engine', 'vllm', '--engine-version', '0.19.0', '--device', 'H100 SXM 80GB', '--', '--tp', '3']);
    assert.match(
      out,
      /vLLM 0\.19\.0 on H100 SXM 80GB, weights as the file says \(BF16\)\nrefused: 3 ranks need as many devices; there are 1\.\n/,
    );
    for (const term of ['model-weights', 'peak-activation', 'kv-cache']) assert.match(out, new RegExp(`^${term} `, 'm'));
    assert.match(out, /^cache: .* tokens, .* sequences of the longest context at once$/m);
  });
  it('has a sentence for every note', () => {
    const folder = join(root, 'src', 'engine', 'memory');
    const codes = new Set<string>();
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, code] of text.matchAll(/\badd\('([a-z-]+)', (?:true|false)/g)) codes.add(code as string);
      for (const [, code] of text.matchAll(/code: '([a-z-]+)', refused:/g)) codes.add(code as string);
      if (file.endsWith('degrees.ts')) for (const [, code] of text.matchAll(/code: '([a-z-]+)', values/g)) codes.add(`refused-${code}`);
    }
    assert.ok(codes.size > 12);
    assert.deepEqual(
      [...codes].filter((code) => !runNoteCodes.includes(code)),
      [],
    );
  });
});

describe('one run of the transformers library on the command line', () => {
  const small = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: 1024,
    intermediate_size: 2816,
    num_hidden_layers: 4,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    vocab_size: 32000,
  };
  const parts = ['parameters', 'gradients', 'optimizer', 'activations', 'cache', 'buffers'];

  it('is the peak that the reference was traced to, part by part', async () => {
    const [prefill, train] = await asked(
      { config: small, mode: 'prefill', tokens: 1000, logits: 'last' },
      { config: small, mode: 'train', tokens: 1000 },
    );
    // oracle/memory.py for this config.
    assert.deepEqual(
      [prefill?.['peak'].total, prefill?.['peak'].activations, prefill?.['peak'].cache, prefill?.['peak'].phase],
      [250_724_224, 25_360_000, 4_096_000, 'forward'],
    );
    assert.equal(train?.['peak'].phase, 'backward');
    assert.ok(Math.abs(train?.['peak'].total - 1_675_224_104) < 100);
    for (const { peak } of [prefill, train] as Report[])
      assert.equal(
        parts.reduce((sum, part) => sum + (peak[part] as number), 0),
        peak.total,
      );
  });
  it('needs less with checkpointing, adapters or more devices', async () => {
    const base = { config: small, mode: 'train', tokens: 1000 };
    const answers = await asked(
      base,
      { ...base, checkpointing: true },
      { ...base, lora: { rank: 16, targets: 'all-linear' } },
      { ...base, zero: 3, devices: 4 },
      { ...base, tensor_parallel: 2, sequence_parallel: true },
      { ...base, pipeline_parallel: 2, micro_batches: 4 },
    );
    const [whole, ...others] = answers.map(({ peak }) => peak.total as number);
    for (const other of others) assert.ok(other < (whole ?? 0));
  });
});

describe('a draft on the command line', () => {
  const words = ['--engine', 'vllm', '--device', 'H100 SXM 80GB'];
  const flags = ['--', '--max-model-len', '8192', '--speculative-config', '{"model": "x/y", "num_speculative_tokens": 3}'];
  it('is counted from its config, as in a request', async () => {
    const { out, code } = await run(['--json', sample, ...words, '--draft-config', sample, ...flags]);
    assert.equal(code, 0);
    const options = { 'max-model-len': 8192, 'speculative-config': { model: 'x/y', num_speculative_tokens: 3 } };
    const [answer] = await asked({ config, engine: 'vllm', device: 'H100 SXM 80GB', options, draft: config });
    assert.deepEqual((JSON.parse(out) as Report)['memory'], answer?.['memory']);
    const terms = answer?.['memory'].terms as Report[];
    assert.ok(terms.some(({ name, bytes }) => name === 'draft-model' && (bytes as number) > 15e9));
  });
  it('that cannot be read, or that nothing asks for, is an error', async () => {
    assert.equal((await run([sample, ...words, '--draft-config', 'nowhere.json', ...flags])).code, 2);
    assert.equal((await run([sample, '--draft-config', sample])).code, 2);
    const { err, code } = await run([sample, ...words, '--draft-config', sample]);
    assert.equal(code, 1);
    assert.match(err, /draft-unused/);
  });
});
