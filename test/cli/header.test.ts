import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufBytes, type GgufEntry } from '../support/gguf';
import { writeSafetensors, writeSparse } from '../support/safetensors';
import { run } from './program';

describe('a file of weights without a config', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'vram-lens-header-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const open = async (name: string) => {
    const { code, out } = await run(['--json', join(folder, name)]);
    return { code, report: JSON.parse(out) };
  };
  const metadata: GgufEntry[] = [
    { key: 'general.architecture', type: 'text', value: 'llama' },
    { key: 'general.name', type: 'text', value: 'Tiny' },
    { key: 'general.file_type', type: 'u32', value: 15 },
    { key: 'llama.context_length', type: 'u32', value: 8192 },
    { key: 'llama.embedding_length', type: 'u32', value: 4096 },
    { key: 'llama.block_count', type: 'u32', value: 32 },
    { key: 'llama.attention.head_count', type: 'u32', value: 32 },
    { key: 'llama.attention.head_count_kv', type: 'u32', value: 8 },
  ];
  const tensors = [
    { name: 'token_embd.weight', dimensions: [4096, 100], type: 12, offset: 0 },
    { name: 'output_norm.weight', dimensions: [4096], type: 0, offset: 230400 },
    { name: 'rope_freqs.weight', dimensions: [64], type: 0, offset: 246784 },
  ];
  const write = (name: string, file: Parameters<typeof ggufBytes>[0], data: number): void => {
    const bytes = ggufBytes(file);
    writeSparse(join(folder, name), bytes, Math.ceil(bytes.length / 32) * 32 + data);
  };

  it('GGUF: architecture, parameters, bytes by type, context and cache', async () => {
    write('tiny.gguf', { metadata, tensors }, 247040);
    const { code, report } = await open('tiny.gguf');
    assert.equal(code, 0);
    const { header } = report;
    assert.deepEqual(
      [report.schema, header.container, header.name, header.architecture, header.fileType],
      [1, 'gguf', 'Tiny', 'llama', 'Q4_K_M'],
    );
    assert.deepEqual([header.parameters, header.elements, header.tensors, header.bytes], [413696, 413760, 3, 247040]);
    assert.deepEqual(header.types, { Q4_K: { tensors: 1, bytes: 230400 }, F32: { tensors: 2, bytes: 16640 } });
    // 32 layers × 8 heads × (128 + 128) × 2 bytes
    assert.deepEqual([header.contextLimit, header.cache], [8192, { bytesPerToken: 131072, layers: 32, window: null }]);
    const { out } = await run([join(folder, 'tiny.gguf')]);
    assert.match(out, /Tiny \(llama, Q4_K_M\)\n413,696 parameters, exact, in 3 tensors/);
    assert.match(out, /cache: 128 KiB per token at F16, in 32 layers/);
  });

  it('GGUF: heads that differ by layer, latent attention, windows', async () => {
    const head = (own: GgufEntry[]) => [...metadata.filter(({ key }) => !key.includes('head_count_kv')), ...own];
    const cacheOf = async (name: string, own: GgufEntry[]) => {
      write(name, { metadata: head(own) }, 0);
      return (await open(name)).report.header.cache;
    };
    assert.deepEqual(await cacheOf('hybrid.gguf', [{ key: 'llama.attention.head_count_kv', type: 'u32s', value: [8, 0, 0, 0, 8] }]), {
      bytesPerToken: 2 * 8 * 256 * 2,
      layers: 2,
      window: null,
    });
    assert.deepEqual(
      await cacheOf('latent.gguf', [
        { key: 'llama.attention.head_count_kv', type: 'u32', value: 1 },
        { key: 'llama.attention.key_length', type: 'u32', value: 576 },
        { key: 'llama.attention.value_length', type: 'u32', value: 512 },
        { key: 'llama.attention.key_length_mla', type: 'u32', value: 192 },
        { key: 'llama.nextn_predict_layers', type: 'u32', value: 1 },
      ]),
      { bytesPerToken: 31 * 576 * 2, layers: 31, window: null },
    );
    assert.deepEqual(
      await cacheOf('window.gguf', [
        { key: 'llama.attention.head_count_kv', type: 'u32', value: 8 },
        { key: 'llama.attention.sliding_window', type: 'u32', value: 4096 },
      ]),
      { bytesPerToken: 131072, layers: 32, window: 4096 },
    );
  });

  it('GGUF: billions of blocks, and no architecture', async () => {
    write(
      'blocks.gguf',
      { metadata: metadata.map((each) => (each.key === 'llama.block_count' ? { ...each, value: 4e9 } : each)) as GgufEntry[] },
      0,
    );
    assert.equal((await open('blocks.gguf')).report.header.cache, null);
    write('bare.gguf', {}, 0);
    const { header } = (await open('bare.gguf')).report;
    assert.deepEqual([header.parameters, header.cache, header.contextLimit], [0, null, null]);
  });

  it('safetensors: parameters of plain weights, none of packed ones', async () => {
    writeSafetensors(join(folder, 'plain.safetensors'), [
      { name: 'a', dtype: 'BF16', shape: [10, 10], bytes: 200 },
      { name: 'b', dtype: 'F32', shape: [5], bytes: 20 },
    ]);
    const plain = (await open('plain.safetensors')).report.header;
    assert.deepEqual([plain.container, plain.parameters, plain.bytes], ['safetensors', 105, 220]);
    writeSafetensors(join(folder, 'packed.safetensors'), [{ name: 'a.qweight', dtype: 'I32', shape: [10, 10], bytes: 400 }]);
    const packed = (await open('packed.safetensors')).report.header;
    assert.deepEqual([packed.parameters, packed.elements], [null, 100]);
    assert.match((await run([join(folder, 'packed.safetensors')])).out, /only the config says how/);
  });

  it('reads all parts that are there, and says which are not', async () => {
    const part = (nth: number): string => `m-0000${nth}-of-00003.safetensors`;
    writeSafetensors(join(folder, part(1)), [{ name: 'a', dtype: 'F16', shape: [3], bytes: 6 }]);
    writeSafetensors(join(folder, part(2)), [{ name: 'b', dtype: 'F16', shape: [4], bytes: 8 }]);
    const { header } = (await open(part(2))).report;
    assert.deepEqual([header.parameters, header.elements, header.partsMissing, header.files], [null, 7, 1, [part(1), part(2)]]);
    assert.match((await run([join(folder, part(2))])).out, /7 elements in 2 tensors; the model has more/);
    assert.deepEqual(header.problems, [{ code: 'parts-missing', values: { expected: 3, found: 2 } }]);
  });

  it('of another kind, or not there: an error and exit code 1', async () => {
    writeFileSync(join(folder, 'wrong.gguf'), 'this is text and not a GGUF file');
    for (const [name, expected] of [
      ['wrong.gguf', 'not-gguf'],
      ['nowhere.gguf', 'missing-file'],
      ['nowhere.safetensors', 'missing-file'],
    ] as const) {
      const { code, report } = await open(name);
      assert.deepEqual([code, report.error.code], [1, expected]);
    }
  });
});
