import assert from 'node:assert/strict';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Result } from './program';

const sample = (name: string): string => join(import.meta.dirname, '..', '..', 'samples', name, 'config.json');

/** Parsed JSON of a report: the tests look into it without a type for every field. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the JSON holds is what is tested
type Report = Record<string, any>;

const json = async (...args: string[]): Promise<Report> => JSON.parse((await run(['--json', ...args])).out) as Report;
const lines = ({ out }: Result): Report[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);

describe('the command line', function () {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'vram-lens-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  describe('schemes', () => {
    it('lists every preset with its format and what bears its layout out', async () => {
      const presets = JSON.parse((await run(['schemes', '--json'])).out) as Report[];
      const names = presets.map(({ name }) => name as string);
      assert.equal(new Set(names).size, names.length);
      const gptq = presets.find(({ name }) => name === 'gptq-int4-g128');
      assert.deepEqual([gptq?.['format'], gptq?.['bits'], gptq?.['groupSize'], gptq?.['evidence'].kind], ['GPTQ', 4, 128, 'checkpoint']);
      const { out, code } = await run(['schemes']);
      assert.equal(code, 0);
      assert.deepEqual(
        names.filter((name) => !out.split('\n').some((line) => line.startsWith(`${name} `))),
        [],
      );
    });
    it('are all answered for, with what each leaves alone', async () => {
      const presets = JSON.parse((await run(['schemes', '--json'])).out) as Report[];
      const { weights } = await json(sample('Llama-3.1-8B'), '--precision', 'all');
      assert.deepEqual(
        Object.keys(weights as Report),
        presets.map(({ name }) => name as string),
      );
      for (const [name, each] of Object.entries(weights as Report) as [string, Report][]) {
        assert.ok(Number.isInteger(each['bytes']) && Number.isInteger(each['keptAt16Bit']), name);
        assert.ok(each['keptAt16Bit'] <= each['bytes'], name);
      }
    });
    it('heed a changed keep list, and say which presets do not', async () => {
      const edited = await json(
        sample('Llama-3.1-8B'),
        '--precision',
        'bf16,awq-int4-g128',
        '--keep',
        'attention,first:1',
        '--quantize=head',
      );
      const plain = await json(sample('Llama-3.1-8B'), '--precision', 'awq-int4-g128');
      const [after, before] = [edited, plain].map(({ weights }) => weights['awq-int4-g128'] as Report);
      assert.notEqual(after?.['bytes'], before?.['bytes']);
      assert.deepEqual(after?.['basis'], { kind: 'rule', reasons: ['keep-list-edited'] });
      assert.deepEqual((edited['findings'] as Report[]).find(({ code }) => code === 'edits-not-heeded')?.['values'], { presets: 'bf16' });
    });
    it('say what speaks against them, and which tensors stay wide for their width', async () => {
      const llama = JSON.parse(readFileSync(sample('Llama-3.1-8B'), 'utf8')) as Report;
      const path = write('narrow.json', JSON.stringify({ ...llama, intermediate_size: 10944 }));
      const names = 'awq-int4-g128,w4a16-g128,bf16';
      const { weights, fits } = await json(path, '--precision', names, '--device', 'RTX 4090', '--device', 'T4:4');
      const tensor = 'model.layers.{n}.mlp.down_proj.weight';
      const [group, width] = weights['awq-int4-g128'].refused as Report[];
      assert.deepEqual([group?.['reason'], group?.['values']], ['group-splits-row', { tensor, columns: 10944, groupSize: 128, kinds: 1 }]);
      assert.match(group?.['message'] as string, /^Groups of 128 do not divide the 10,944 columns/);
      assert.deepEqual(
        [width?.['reason'], width?.['values']],
        ['width-kept', { tensor, shape: '4096×10944', kinds: 1, bytes: 2 * 32 * 4096 * 10944 }],
      );
      assert.equal('refused' in weights.bf16, false);
      const reasons = (fits as Report[]).map(({ device, precision, refused }) => [
        device,
        precision,
        ...((refused ?? []) as Report[]).map(({ reason }) => reason as string),
      ]);
      assert.deepEqual(reasons, [
        ['RTX 4090', 'awq-int4-g128'],
        ['RTX 4090', 'w4a16-g128'],
        ['RTX 4090', 'bf16'],
        ['T4', 'awq-int4-g128', 'no-bf16', 'kernel-rows'],
        ['T4', 'w4a16-g128', 'no-bf16', 'kernel-rows'],
        ['T4', 'bf16', 'all-bf16'],
      ]);
      const { out } = await run([path, '--precision', names, '--device', 'T4:4']);
      assert.match(out, /AWQ INT4 g128 +6\.67 GiB † /);
      assert.match(out, /W4A16 g128 +4\.67 GiB {2}/);
      assert.match(out, /\n {2}Groups of 128 do not divide .*\n {4}awq-int4-g128, w4a16-g128\n/);
      assert.match(out, /\n {2}4 × T4: What stays at 16 bits is BF16.*\n {4}awq-int4-g128, w4a16-g128\n/);
      assert.match(out, /\n {2}4 × T4: The weights are BF16, .*\n {4}bf16\n/);
    });
    it('say nothing of refusals where there are none', async () => {
      const report = await json(sample('Llama-3.1-8B'), '--precision', 'all', '--device', 'H100 SXM 80GB');
      const openVino = ([name]: [string, Report]): boolean => name.startsWith('openvino');
      for (const [name, each] of (Object.entries(report['weights'] as Report) as [string, Report][]).filter((pair) => !openVino(pair)))
        assert.equal('refused' in each, false, name);
      assert.doesNotMatch((await run([sample('Llama-3.1-8B')])).out, /what stands against/);
    });
    it('answer TF32 with what is stored, and say that it is a way to multiply', async () => {
      const { weights, findings } = await json(sample('Llama-3.1-8B'), '--precision', 'tf32,fp32');
      assert.equal(weights.tf32.bytes, weights.fp32.bytes);
      assert.deepEqual((findings as Report[]).find(({ code }) => code === 'compute-only')?.['values'], {
        precision: 'tf32',
        storedAs: 'fp32',
        mantissaBits: 10,
      });
      const presets = JSON.parse((await run(['schemes', '--json'])).out) as Report[];
      assert.deepEqual(presets.find(({ name }) => name === 'tf32')?.['computeDtype'], 'tf32');
    });
    it('are found in any case', async () => {
      const { weights } = await json(sample('Llama-3.1-8B'), '--precision', 'AWQ-INT4-G128,Checkpoint');
      assert.deepEqual(Object.keys(weights as Report), ['awq-int4-g128', 'checkpoint']);
    });
  });

  describe('--json', () => {
    it('holds the fields of the documented schema', async () => {
      const report = await json(sample('Llama-3.1-8B'), '--device', 'RTX 4090', '--precision', 'bf16', '--context', '8192');
      assert.equal(report['schema'], 1);
      assert.equal(report['modelType'], 'llama');
      assert.equal(report['architecture'], 'LlamaForCausalLM');
      assert.deepEqual(report['basis'], { kind: 'exact', reasons: [] });
      const { total, active, stored, byComponent } = report['parameters'];
      assert.deepEqual([total, active, stored], [8030261248, 8030261248, 8030261248]);
      assert.equal(
        Object.values(byComponent as Report).reduce((a: number, b: number) => a + b, 0),
        total,
      );
      const { bytes, bitsPerWeight } = report['weights']['bf16'];
      assert.deepEqual([bytes, bitsPerWeight], [16060522496, 16]);
      const cache = report['cache'];
      assert.deepEqual(
        [cache['bytes'], cache['bytesPerToken'], cache['state'], cache['context'], cache['batch'], cache['dtype']],
        [2 ** 30, 131072, 0, 8192, 1, 'bf16'],
      );
      const [fit] = report['fits'];
      assert.deepEqual(Object.keys(fit ?? {}), [
        'device', 'count', 'precision', 'weights', 'cache', 'allowance', 'total', 'usable', 'fits', 'maxContext', 'memoryContext', 'maxBatch', 'basis',
      ]); // prettier-ignore
      assert.equal(fit?.['fits'], true);
      assert.equal((fit?.['weights'] ?? 0) + (fit?.['cache'] ?? 0) + (fit?.['allowance'] ?? 0), fit?.['total']);
    });

    it('lists tensors and buffers, layers folded, with --tensors', async () => {
      const report = await json(sample('DeepSeek-V3'), '--tensors');
      const tensors = report['tensors'] as [string, number[], number][];
      assert.deepEqual(
        tensors.find(([name]) => name.endsWith('experts.{n}.down_proj.weight')),
        ['model.layers.{n}.mlp.experts.{n}.down_proj.weight', [7168, 2048], 58 * 256],
      );
      assert.deepEqual(report['buffers'], [['model.layers.{n}.mlp.gate.e_score_correction_bias', [256], 58]]);
    });

    it('prints one object per file, the failed ones among them, and goes on', async () => {
      const result = await run(['--json', sample('Llama-3.1-8B'), join(folder, 'missing.json'), sample('bert-base-uncased')]);
      assert.equal(result.code, 1);
      const [first, second, third] = lines(result);
      assert.equal(first?.['modelType'], 'llama');
      assert.equal((second?.['error'] as { code: string } | undefined)?.code, 'enoent');
      assert.equal(third?.['modelType'], 'bert');
      assert.equal(result.err.trim().split('\n').length, 1);
    });

    it('never clamps the context, and says when it exceeds the model', async () => {
      const report = await json(sample('bert-base-uncased'), '--context', '100000');
      assert.equal((report['cache'] as { context: number }).context, 100000);
      assert.ok((report['findings'] as { code: string }[]).some(({ code }) => code === 'context-exceeds-model'));
    });

    it('takes the cache dtype as asked, else from the file, else bf16 with a finding', async () => {
      const dtype = async (...args: string[]): Promise<unknown> => ((await json(...args))['cache'] as { dtype: string }).dtype;
      assert.equal(await dtype(sample('Llama-3.1-8B'), '--kv-dtype', 'fp8'), 'fp8');
      assert.equal(await dtype(sample('mamba-2.8b')), 'fp32');
      const silent = await json(sample('bert-base-uncased'));
      assert.equal((silent['cache'] as { dtype: string }).dtype, 'bf16');
      assert.ok((silent['findings'] as { code: string }[]).some(({ code }) => code === 'dtype-assumed'));
    });

    it('says null, never true, for a device of unknown memory', async () => {
      const listed = JSON.parse((await run(['--devices', '--json'])).out) as { name: string; memoryBytes: number | null }[];
      const unknown = listed.find(({ memoryBytes }) => memoryBytes === null);
      assert.ok(unknown);
      const report = await json(sample('bert-base-uncased'), '--device', unknown.name);
      for (const fit of report['fits'] as { fits: boolean | null; usable: number | null }[])
        assert.deepEqual([fit.fits, fit.usable], [null, null]);
    });
  });

  describe('files beside the config', () => {
    const llama = { model_type: 'llama', architectures: ['LlamaForCausalLM'], torch_dtype: 'bfloat16' };
    const beside = async (config: object, files: Readonly<Record<string, string>>): Promise<Result> => {
      const directory = mkdtempSync(join(folder, 'repository-'));
      for (const [name, text] of Object.entries({ ...files, 'config.json': JSON.stringify(config) }))
        writeFileSync(join(directory, name), text);
      return run(['--json', join(directory, 'config.json')]);
    };
    const checkpointOf = ({ out }: Result): Report => (JSON.parse(out) as Report)['checkpoint'] as Report;

    it('say how the weights are quantized where the config does not', async () => {
      const quantization = { quant_algo: 'FP8', kv_cache_quant_algo: null, exclude_modules: ['lm_head'] };
      const files = { 'hf_quant_config.json': JSON.stringify({ producer: { name: 'modelopt' }, quantization }) };
      const { scheme, source, parameters } = checkpointOf(await beside(llama, files));
      assert.deepEqual([scheme, source, parameters], ['fp8-tensor', 'hf_quant_config.json', 6_738_415_616]);
    });
    it('are not read for standard input', async () => {
      assert.equal(checkpointOf(await run(['--json', '-'], JSON.stringify(llama))).source, 'config.json');
    });
    it('are named where they cannot be read, and the config is estimated without them', async () => {
      const result = await beside(llama, { 'quantize_config.json': '[4]' });
      assert.equal(result.code, 0);
      assert.match(result.err, /quantize_config\.json beside it cannot be read/);
      assert.equal(checkpointOf(result).scheme, 'bf16');
    });
  });

  describe('--jsonl', () => {
    it('answers every line in order, bad ones with an error', async () => {
      const input = [
        '{"model_type":"llama","architectures":["LlamaForCausalLM"]}',
        '{"model_type":',
        '',
        '{"name":"x"}',
        '[]',
        '{"model_type":"bert"}',
      ].join('\n');
      const result = await run(['--jsonl'], `${input}\n`);
      assert.equal(result.code, 1);
      assert.deepEqual(
        lines(result).map((each) => (each['error'] as { code: string } | undefined)?.code ?? each['modelType']),
        ['llama', 'syntax-error', 'empty-text', 'not-a-model-config', 'not-an-object', 'bert'],
      );
      assert.equal(result.err.trim().split('\n').length, 4);
    });
    it('needs no newline at the end', async () => assert.equal(lines(await run(['--jsonl'], '{"model_type":"llama"}')).length, 1));
    it('reads a thousand lines', async () => {
      const result = await run(['--jsonl'], '{"model_type":"llama"}\n'.repeat(1000));
      assert.equal(lines(result).length, 1000);
      assert.equal(result.code, 0);
    });
  });

  describe('the table', () => {
    it('is plain text where the output is no terminal', async () => {
      const { out, code } = await run([sample('Llama-3.1-8B'), '--device', 'RTX 4090']);
      assert.equal(code, 0);
      assert.ok(!out.includes('\u001b'));
      assert.match(out, /8,030,261,248 parameters, exact/);
      assert.match(out, /BF16 +14\.96 GiB +16\.00/);
    });
    it('lets nothing of a file reach the terminal as a control sequence', async () => {
      const path = write(
        'evil.json',
        JSON.stringify({ model_type: 'llama', architectures: ['Llama\u001b[31mForCausalLM\u0007'], torch_dtype: '\u001b]0;x\u0007' }),
      );
      const { out } = await run([path]);

      assert.doesNotMatch(out.replaceAll('\n', ''), /[\u0000-\u001f\u007f]/);
    });
    it('marks every figure of a model type that is not known', async () => {
      const shape = { hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, vocab_size: 32000, intermediate_size: 4096 };
      const { out } = await run(['-', '--device', 'RTX 4090'], JSON.stringify({ model_type: 'zzz', ...shape }));
      assert.match(out, /^≈334,808,064 parameters, approximate/m);
      assert.match(out, /assumed: BF16, ≈638\.6 MiB/);
      assert.match(out, /^MLP +≈201\.3M +≈60 %$/m);
      assert.match(out, /^AWQ INT4 g128 +≈212\.2 MiB +5\.32 +≈\d+k$/m);
      assert.match(out, /^cache: ≈768 MiB for 8,192 tokens × 1 at bf16, ≈96 KiB per further token$/m);
    });
    it('says that the cache of an encoder-decoder is of both sides', async () => {
      assert.match(
        (await run([sample('whisper-large-v3')])).out,
        /^cache: 140 MiB for 448 tokens × 1, on both sides \(encoder and decoder\), at fp16/m,
      );
    });
    it('reads standard input as -', async () => assert.match((await run(['-'], '{"model_type":"llama"}')).out, /6,738,415,616/));
  });

  describe('usage', () => {
    for (const [args, message] of [
      [[], /no file given/],
      [['--nonsense', 'x'], /nonsense/],
      [['--context', '0', 'x'], /--context/],
      [['--context', '1.5', 'x'], /--context/],
      [['--batch', '-1', 'x'], /batch/],
      [['--kv-dtype', 'int3', 'x'], /--kv-dtype/],
      [['--keep', 'heads', 'x'], /--keep takes any of attention, .*; not "heads"/],
      [['--keep', 'head', '--quantize', 'head', 'x'], /--keep and --quantize both name head/],
      [['--llama-cpp-date', '2026-13-01', 'x'], /takes a day like 2026-03-01, not "2026-13-01"/],
      [['--llama-cpp-date', 'yesterday', 'x'], /takes a day/],
      [['--precision', 'bf17', 'x'], /unknown precision "bf17"; did you mean bf16/],
      [
        ['--precision', 'gptq-int9-g128', 'x'],
        /"gptq-int9-g128" \(in place of 9 there are 2, 3, 4, 8\); did you mean gptq-int8-g128, gptq-int4-g128, gptq-int3-g128/,
      ],
      [['--precision', 'q4km', 'x'], /did you mean Q4_K_M/],
      [['--device', 'h100', 'x'], /could be any of: H100/],
      [['--device', 'RTX 4090:17', 'x'], /1 to 16/],
      [['--device', 'no such card', 'x'], /not known/],
      [['--json', '--jsonl'], /exclude/],
      [['--jsonl', 'file.json'], /standard input/],
    ] as const)
      it(`refuses ${args.join(' ') || 'nothing'} with one line and exit code 2`, async () => {
        const { code, out, err } = await run(args);
        assert.deepEqual([code, out, err.trim().split('\n').length], [2, '', 1]);
        assert.match(err, message);
      });
    it('prints help and version', async () => {
      assert.match((await run(['--help'])).out, /usage: vram-lens/);
      assert.match((await run(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
    });
    it('finds devices by alias, whatever the case', async () => {
      const report = await json(sample('bert-base-uncased'), '--device', 'rtx4090:2');
      assert.equal((report['fits'] as { device: string }[])[0]?.device, 'RTX 4090');
    });
  });

  describe('bad input, in bounded time and memory', () => {
    it('a file of 100 MB', async () => {
      const path = write('big.json', '{"model_type": "llama"');
      const file = openSync(path, 'r+');
      truncateSync(path, 104_857_600);
      writeSync(file, '}', 104_857_599);
      closeSync(file);
      const result = await run(['--json', path]);
      assert.equal(result.code, 1);
      assert.equal((lines(result)[0]?.['error'] as { code: string } | undefined)?.code, 'text-too-large');
    });
    it('a line of 100 MB between two good ones', async () => {
      const good = '{"model_type":"llama"}';
      const result = await run(['--jsonl'], `${good}\n${' '.repeat(104_857_600)}\n${good}\n`);
      assert.deepEqual(
        lines(result).map((each) => (each['error'] as { code: string } | undefined)?.code ?? each['modelType']),
        ['llama', 'text-too-large', 'llama'],
      );
    });
    for (const [name, text, code] of [
      ['10,000-deep JSON', `{"model_type":"llama","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'nested-too-deep'],
      ['an empty file', '', 'empty-text'],
      ['binary', '\u0000\u0001\u0002', undefined],
    ] as const)
      it(name, async () => {
        const result = await run(['--json', '-'], text);
        assert.equal(result.code, 1);
        const error = lines(result)[0]?.['error'] as { code: string } | undefined;
        assert.ok(error);
        if (code) assert.equal(error.code, code);
      });
    it('values of every wrong kind: figures stay whole numbers, findings name the keys', async () => {
      const config = {
        model_type: 'llama',
        architectures: ['LlamaForCausalLM'],
        num_hidden_layers: 1e308,
        hidden_size: [1],
        vocab_size: '32000',
        intermediate_size: -4,
        num_attention_heads: 1.5,
      };
      const [report] = lines(await run(['--jsonl'], JSON.stringify(config)));
      assert.ok(Number.isInteger((report?.['parameters'] as { total: number } | undefined)?.total));
      assert.equal((report?.['basis'] as { kind: string } | undefined)?.kind, 'approximate');
      const named = (report?.['findings'] as unknown as { code: string; path: string[] }[])
        .filter(({ code }) => code === 'invalid-value')
        .map(({ path }) => path[0]);
      assert.deepEqual(
        new Set(named),
        new Set(['num_hidden_layers', 'hidden_size', 'vocab_size', 'intermediate_size', 'num_attention_heads']),
      );
    });
    it('a byte-order mark, comments, trailing commas, CRLF, NaN and __proto__', async () => {
      const text = '\ufeff{\r\n// a model\r\n"model_type": "llama",\r\n"x": NaN,\r\n"__proto__": {"hidden_size": 1},\r\n}';
      const [report] = lines(await run(['--json', '-'], text));
      assert.equal((report?.['parameters'] as { total: number } | undefined)?.total, 6738415616);
    });
  });
});
