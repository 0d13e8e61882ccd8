import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  analyzeText,
  defaultStyle,
  expectedGgufTensors,
  expectedTensors,
  formatBytes,
  stacksOf,
  type Analysis,
  type FileTensor,
  type GgufRules,
} from '../../src/engine/index';
import { blockSize, ggmlTypeOf, ggmlTypes } from '../../src/engine/quantization/gguf/ggmlTypes';
import { ggufBytes, type GgufEntry } from '../support/gguf';
import { headerBytes, writeIndex, writeSafetensors, writeSparse } from '../support/safetensors';
import { run } from './program';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'samples', name, 'config.json'), 'utf8');

function analysisOf(config: string): Analysis {
  const { result } = analyzeText(config);
  assert.ok(result.kind === 'model');
  return result;
}

/** What the files of a config hold; written as holes, so that a test of 800 GB takes no disk. */
const tensorsOf = (config: string): FileTensor[] => [...expectedTensors(analysisOf(config))];

/** Tensors in as many shards, by the names of their files. */
function shards(tensors: readonly FileTensor[], count: number): Record<string, readonly FileTensor[]> {
  const name = (at: number): string => `model-${String(at + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`;
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), tensors.filter((_, index) => index % count === at)]));
}

/** A whole GGUF file by the converter's rules. */
function writeGguf(path: string, analysis: Analysis, rules: GgufRules, metadata: readonly GgufEntry[] = []): void {
  const numberOf = new Map(
    ggmlTypes.map((type) => [type as string, Array.from({ length: 64 }, (_, id) => id).find((id) => ggmlTypeOf(id) === type) ?? -1]),
  );
  let offset = 0;
  const tensors = [...expectedGgufTensors(stacksOf(analysis, rules), rules)].map(({ name, dtype, shape, bytes }) => {
    const own = offset;
    offset = Math.ceil((offset + bytes) / 32) * 32;
    return { name, dimensions: [...shape].reverse(), type: numberOf.get(dtype) ?? -1, offset: own };
  });
  const bytes = ggufBytes({ metadata, tensors });
  writeSparse(path, bytes, Math.ceil(bytes.length / 32) * 32 + offset);
}

describe('vram-lens verify', function () {
  let root: string;
  let next = 0;
  before(() => (root = mkdtempSync(join(tmpdir(), 'vram-lens-verify-'))));
  after(() => rmSync(root, { recursive: true, force: true }));

  /** A folder with a config. */
  function folder(config: string | undefined): string {
    const path = join(root, String(next++));
    mkdirSync(path);
    if (config !== undefined) writeFileSync(join(path, 'config.json'), config);
    return path;
  }
  /** A folder with a sample's config and its files in shards. */
  function sharded(config: string, count: number): { readonly path: string; readonly files: readonly string[] } {
    const path = folder(config);
    const parts = shards(tensorsOf(config), count);
    for (const [name, tensors] of Object.entries(parts)) writeSafetensors(join(path, name), tensors, { format: 'pt' });
    writeIndex(join(path, 'model.safetensors.index.json'), parts);
    return { path, files: Object.keys(parts) };
  }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the JSON holds is what is tested
  const verify = async (...args: string[]): Promise<{ code: number | null; report: any; err: string }> => {
    const { code, out, err } = await run(['verify', '--json', ...args]);
    return { code, report: JSON.parse(out), err };
  };
  const kindsOf = (report: { proofs: { differences: { kind: string; name: string }[] }[] }): string[] =>
    (report.proofs[0]?.differences ?? []).map(({ kind, name }) => `${kind} ${name}`);

  const llama = sample('Llama-3.1-8B');
  const tiny = JSON.stringify({ ...JSON.parse(llama), num_hidden_layers: 2, vocab_size: 1000 });

  it('a folder as its config says is 0 bytes off, by the headers of files that are never read whole', async () => {
    const { path } = sharded(sample('Llama-3.1-405B'), 5);
    const { code, report } = await verify(path);
    assert.equal(code, 0);
    assert.deepEqual(
      [report.schema, report.verified, report.config, report.modelType, report.scheme],
      [1, true, 'config.json', 'llama', 'bf16'],
    );
    const [proof] = report.proofs;
    assert.deepEqual(
      [proof.status, proof.basis, proof.off, proof.bytesFound, proof.tensorsCompared, proof.files.length],
      ['verified', 'headers', 0, 811706777600, 1137, 6],
    );
    assert.deepEqual([proof.counts, proof.differences, proof.notes], [{}, [], []]);
  });

  for (const name of ['DeepSeek-V3', 'gpt-oss-20b', 'gemma-3-4b-it', 'bert-base-uncased', 'mamba-2.8b'])
    it(`${name}, quantized layers, towers and states among them`, async () => {
      const config = sample(name);
      const path = folder(config);
      writeSafetensors(join(path, 'model.safetensors'), tensorsOf(config));
      const { code, report } = await verify(path);
      assert.deepEqual([code, report.proofs[0].off, report.proofs[0].basis], [0, 0, 'headers'], JSON.stringify(report.proofs[0].counts));
    });

  it('takes the config itself, under any name', async () => {
    const path = folder(undefined);
    writeFileSync(join(path, 'my-config.json'), tiny);
    writeSafetensors(join(path, 'model.safetensors'), tensorsOf(tiny));
    const { code, report } = await verify(join(path, 'my-config.json'));
    assert.deepEqual([code, report.config], [0, 'my-config.json']);
  });

  it('follows the links of a cache of the Hub', async () => {
    const hub = join(root, 'models--meta-llama--Tiny');
    mkdirSync(join(hub, 'blobs'), { recursive: true });
    mkdirSync(join(hub, 'snapshots', 'abc'), { recursive: true });
    const { path, files } = sharded(tiny, 2);
    for (const [at, name] of ['config.json', 'model.safetensors.index.json', ...files].entries()) {
      renameSync(join(path, name), join(hub, 'blobs', `blob${at}`));
      symlinkSync(join('..', '..', 'blobs', `blob${at}`), join(hub, 'snapshots', 'abc', name));
    }
    assert.equal((await verify(join(hub, 'snapshots', 'abc'))).code, 0);
    rmSync(join(hub, 'blobs', 'blob3'));
    const { code, report } = await verify(join(hub, 'snapshots', 'abc'));
    assert.deepEqual([code, kindsOf(report)], [1, [`missing-file ${files[1]}`]]);
  });

  it('finds the snapshot in the folder of a model in that cache', async () => {
    const cache = join(folder(llama), 'models--a--b');
    const snapshot = join(cache, 'snapshots', 'abc');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(cache, 'snapshots', 'older'));
    mkdirSync(join(cache, 'refs'));
    writeFileSync(join(cache, 'refs', 'main'), 'abc\n');
    writeFileSync(join(snapshot, 'config.json'), llama);
    writeSafetensors(join(snapshot, 'model.safetensors'), tensorsOf(llama));
    const { code, report } = await verify(cache);
    assert.deepEqual([code, report.verified], [0, true]);
  });

  it('stands on the index alone where no shard is there, and says so', async () => {
    const { path, files } = sharded(llama, 3);
    for (const name of files) rmSync(join(path, name));
    const { code, report } = await verify(path);
    assert.deepEqual([code, report.proofs[0].basis, report.proofs[0].off], [0, 'index', 0]);
    const { out } = await run(['verify', path]);
    assert.match(out, /Verified, 0 bytes off: 291 names and the sum of bytes \(14\.96 GiB\), from the index alone/);
  });

  it('tells pointers of Git LFS from files', async () => {
    const { path, files } = sharded(tiny, 2);
    for (const name of files) {
      const size = statSync(join(path, name)).size;
      writeFileSync(join(path, name), `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize ${size}\n`);
    }
    const { code, report } = await verify(path);
    assert.equal(code, 0);
    assert.deepEqual(
      [report.proofs[0].basis, report.proofs[0].notes[0].code, report.proofs[0].notes[0].files],
      ['index', 'lfs-pointers', 2],
    );
    const alone = folder(tiny);
    writeFileSync(
      join(alone, 'model.safetensors'),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`,
    );
    const single = await verify(alone);
    assert.deepEqual([single.code, single.report.proofs[0].problem.code], [1, 'lfs-pointer']);
    assert.match(single.report.proofs[0].problem.message, /git lfs pull/);
  });

  it('names what differs, where, and by how many bytes', async () => {
    const path = folder(tiny);
    const [first, second, ...others] = tensorsOf(tiny);
    assert.ok(first && second);
    const changed = { ...second, dtype: 'F32', bytes: second.bytes * 2 };
    writeSafetensors(join(path, 'model.safetensors'), [changed, ...others, { name: 'model.more', dtype: 'U8', shape: [3], bytes: 3 }]);
    const { code, report } = await verify(path);
    assert.equal(code, 1);
    assert.deepEqual(kindsOf(report).sort(), [`dtype ${second.name}`, 'extra model.more', `missing ${first.name}`].sort());
    assert.equal(report.proofs[0].off, second.bytes - first.bytes + 3);
    const { out } = await run(['verify', path]);
    assert.match(out, /✘ model\.safetensors\n {2}Differs by \+25,362,435 bytes: 1 missing, 1 of another type, 1 extra/);
    assert.match(out, new RegExp(`- ${first.name} is missing; expected BF16 \\[1000, 4096\\]`));
  });

  it('names a file that was cut off, and how much it lacks', async () => {
    const { path, files } = sharded(tiny, 2);
    const cut = join(path, files[1] ?? '');
    const size = statSync(cut).size;
    const file = openSync(cut, 'r+');
    ftruncateSync(file, size - 1000);
    closeSync(file);
    const { code, report } = await verify(path);
    assert.deepEqual([code, kindsOf(report), report.proofs[0].off], [1, [`cut-file ${files[1]}`], -1000]);
  });

  it('names an index that contradicts its own tensors, and trusts the tensors', async () => {
    const { path, files } = sharded(tiny, 2);
    const tensors = tensorsOf(tiny);
    const own = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    writeIndex(join(path, 'model.safetensors.index.json'), shards(tensors, files.length), own + 13_107_200);
    const { code, out } = await run(['verify', path]);
    assert.equal(code, 0);
    assert.match(out, /The index contradicts its own tensors: it writes total_size [\d,]+, they sum to [\d,]+/);
  });

  it('reads one file beside an index that leads elsewhere, as transformers does, and says so', async () => {
    const tensors = tensorsOf(tiny);
    const beside = (written: readonly FileTensor[], total?: number): string => {
      const path = folder(tiny);
      writeSafetensors(join(path, 'model.safetensors'), written);
      writeIndex(join(path, 'model.safetensors.index.json'), shards(tensors, 2), total);
      return path;
    };
    const wrong = tensors.map((tensor, at) => (at === 0 ? { ...tensor, shape: [...tensor.shape, 1] } : tensor));
    const { code, report } = await verify(beside(wrong));
    assert.deepEqual([code, report.proofs[0].basis, report.proofs[0].counts], [1, 'headers', { shape: 1 }]);
    const good = await run(['verify', beside(tensors, 12345)]);
    assert.equal(good.code, 0);
    assert.match(
      good.out,
      /reads before any index\. model\.safetensors\.index\.json names 2 other files, the first of them model-00001-of/,
    );
  });

  it('compares the names of a pickle by its index, and never opens it', async () => {
    const path = folder(tiny);
    const parts = Object.fromEntries(
      Object.entries(shards(tensorsOf(tiny), 2)).map(([name, tensors]) => [name.replace('safetensors', 'bin'), tensors]),
    );
    writeIndex(join(path, 'pytorch_model.bin.index.json'), parts);
    for (const name of Object.keys(parts)) writeFileSync(join(path, name), 'not a pickle at all, and nobody looks');
    const { code, report } = await verify(path);
    assert.deepEqual([code, report.proofs[0].container, report.proofs[0].basis], [0, 'pytorch', 'index']);
    const alone = folder(tiny);
    writeFileSync(join(alone, 'pytorch_model.bin'), 'x'.repeat(5000));
    assert.deepEqual((await verify(alone)).report.proofs[0].problem.code, 'pickled');
  });

  it('reads what files beside the config say of its quantization', async () => {
    const quantization_config = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, checkpoint_format: 'gptq' };
    const whole = JSON.stringify({ ...JSON.parse(tiny), quantization_config });
    const path = folder(tiny);
    writeFileSync(join(path, 'quantize_config.json'), JSON.stringify(quantization_config));
    writeSafetensors(join(path, 'model.safetensors'), tensorsOf(whole));
    const { code, report } = await verify(path);
    assert.deepEqual([code, report.scheme], [0, 'gptq-int4-g128']);
  });

  it('finds out who wrote the files of GPTQ, of which the config says nothing', async () => {
    const quantization_config = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false };
    const config = JSON.stringify({ ...JSON.parse(tiny), quantization_config });
    const analysis = analysisOf(config);
    for (const [writer, words] of [
      ['gptq-for-llama', /Written as GPTQ-for-LLaMa did in March 2023/],
      ['gptqmodel', /Written as GPTQModel does/],
    ] as const) {
      const path = folder(config);
      const tensors = [...expectedTensors(analysis, { writer })];
      writeSafetensors(join(path, 'model.safetensors'), tensors, { format: 'pt' });
      const { code, report } = await verify(path);
      assert.deepEqual([code, report.proofs[0].off, report.proofs[0].writer], [0, 0, writer]);
      const { out } = await run(['verify', path]);
      assert.match(out, words);
      const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
      assert.ok(out.split('\n')[0]?.endsWith(`, ${formatBytes(bytes, defaultStyle)}`), out);
    }
  });

  it('holds 4 bits of bitsandbytes that lie in floats against the files', async () => {
    const block = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4', bnb_4bit_use_double_quant: true };
    const withStorage = (bnb_4bit_quant_storage: string): string =>
      JSON.stringify({ ...JSON.parse(tiny), quantization_config: { ...block, bnb_4bit_quant_storage } });
    const path = folder(withStorage('bfloat16'));
    writeSafetensors(join(path, 'model.safetensors'), tensorsOf(withStorage('bfloat16')));
    assert.deepEqual((await verify(path)).report.proofs[0].status, 'verified');
    writeSafetensors(join(path, 'model.safetensors'), tensorsOf(withStorage('uint8')));
    const { report } = await verify(path);
    assert.deepEqual([report.proofs[0].off, report.proofs[0].counts], [0, { dtype: 14 }]);
  });

  describe('of GGUF files', () => {
    const metadata = (fileType: number): GgufEntry[] => [
      { key: 'general.architecture', type: 'text', value: 'llama' },
      { key: 'general.file_type', type: 'u32', value: fileType },
    ];
    const rules = (fileType: string, more: Partial<GgufRules> = {}): GgufRules => ({
      fileType,
      imatrix: undefined,
      day: undefined,
      ...more,
    });

    it('is 0 bytes off by the rules of the file type', async () => {
      const path = folder(llama);
      writeGguf(join(path, 'Llama-3.1-8B-Q4_K_M.gguf'), analysisOf(llama), rules('Q4_K_M'), metadata(15));
      const { code, report } = await verify(path);
      const [proof] = report.proofs;
      assert.deepEqual([code, proof.container, proof.basis, proof.off, proof.tensorsCompared], [0, 'gguf', 'headers', 0, 292]);
      assert.deepEqual(proof.notes[0], { code: 'gguf-rules', fileType: 'Q4_K_M' });
    });
    it('finds the day of older rules', async () => {
      const path = folder(llama);
      writeGguf(join(path, 'a.gguf'), analysisOf(llama), rules('Q4_K_M', { day: '2024-05-01' }), metadata(15));
      const { code, report } = await verify(path);
      assert.equal(code, 0, JSON.stringify(report.proofs[0].counts));
      assert.ok(report.proofs[0].notes[0].day < '2024-07-27', report.proofs[0].notes[0].day);
    });
    it('names tensors of another type, and the bytes', async () => {
      const path = folder(llama);
      writeGguf(join(path, 'a.gguf'), analysisOf(llama), rules('Q5_K_M'), metadata(15));
      const { code, report } = await verify(path);
      const [proof] = report.proofs;
      assert.equal(code, 1);
      assert.deepEqual(Object.keys(proof.counts), ['dtype']);
      assert.ok(proof.off > 0);
      assert.match(proof.differences[0].name, /^(blk\.\d+\.|token_embd|output)/);
      assert.equal(blockSize('Q5_K'), 256);
    });
    it('leaves projectors to themselves, and compares every other file', async () => {
      const path = folder(llama);
      writeGguf(join(path, 'a-F16.gguf'), analysisOf(llama), rules('F16'), metadata(1));
      writeGguf(join(path, 'b-Q8_0.gguf'), analysisOf(llama), rules('Q8_0'), metadata(7));
      writeFileSync(join(path, 'mmproj-model-f16.gguf'), 'whatever');
      const { code, report } = await verify(path);
      assert.deepEqual(
        [code, ...report.proofs.map(({ files, status }: { files: string[]; status: string }) => [files[0], status])],
        [0, ['a-F16.gguf', 'verified'], ['b-Q8_0.gguf', 'verified']],
      );
    });
    it('passes over files that say of themselves that they hold no model', async () => {
      const path = folder(llama);
      writeGguf(join(path, 'a-F16.gguf'), analysisOf(llama), rules('F16'), metadata(1));
      writeFileSync(join(path, 'imatrix.gguf'), ggufBytes({ metadata: [{ key: 'general.type', type: 'text', value: 'imatrix' }] }));
      const { code, report } = await verify(path);
      assert.deepEqual([code, report.proofs.length, report.others], [0, 1, [{ file: 'imatrix.gguf', holds: 'imatrix' }]]);
      assert.match((await run(['verify', path])).out, /imatrix\.gguf: not compared/);
    });
  });

  describe('of what cannot be compared', () => {
    it('no folder, no config, no files, no model: one line and exit code 1', async () => {
      const empty = folder(tiny);
      const other = folder('{"name":"x"}');
      for (const [path, code] of [
        [join(root, 'nowhere'), 'no-config'],
        [folder(undefined), 'no-config'],
        [empty, 'no-checkpoint'],
        [other, 'no-model'],
      ] as const) {
        const { code: exit, report, err } = await verify(path);
        assert.deepEqual([exit, report.verified, report.problem.code, err.trim().split('\n').length], [1, false, code, 1], path);
      }
    });
    for (const [what, bytes, size, code] of [
      ['a header that claims more than the format allows', headerLength(2n ** 63n), 100, 'header-too-large'],
      ['a header that claims more than the file', headerLength(5000n), 100, 'header-cut'],
      ['bytes of nothing', new Uint8Array(2000), 2000, 'not-json'],
      ['a header with a path in its JSON', headerBytes('{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}}'), 68, 'size-mismatch'],
    ] as const)
      it(what, async () => {
        const path = folder(tiny);
        writeSparse(join(path, 'model.safetensors'), bytes, size);
        const { code: exit, report } = await verify(path);
        assert.deepEqual([exit, report.proofs[0].status, report.proofs[0].problem.code], [1, 'unreadable', code]);
        assert.equal(report.proofs[0].problem.values.file, 'model.safetensors');
      });
    it('an index that leads out of its folder', async () => {
      const path = folder(tiny);
      writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { a: '../../etc/passwd' } }));
      assert.equal((await verify(path)).report.proofs[0].problem.code, 'bad-file-name');
    });
    it('a folder or a pipe in place of a file, without waiting for it', async function () {
      const path = folder(tiny);
      mkdirSync(join(path, 'model.safetensors'));
      assert.equal((await verify(path)).report.proofs[0].problem.code, 'not-a-file');
      if (process.platform === 'win32') return this.skip();
      const piped = folder(tiny);
      execFileSync('mkfifo', [join(piped, 'model.safetensors')]);
      assert.equal((await verify(piped)).report.proofs[0].problem.code, 'not-a-file');
    });
    it('names that would move the cursor of a terminal', async () => {
      const path = folder(tiny);
      writeSafetensors(join(path, 'model.safetensors'), [{ name: 'a\u001b[31m\u0007b', dtype: 'U8', shape: [1], bytes: 1 }]);
      const { out } = await run(['verify', path]);
      assert.doesNotMatch(out.replaceAll('\n', ''), /[\u0000-\u001f\u007f]/);
    });
  });

  for (const [args, message] of [
    [['verify'], /verify takes a folder/],
    [['verify', 'x', '--tensors'], /no option but --json, not --tensors/],
    [['verify', 'x', '--nonsense'], /nonsense/],
  ] as const)
    it(`refuses ${args.join(' ')} with exit code 2`, async () => {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
    });
});

function headerLength(length: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}
