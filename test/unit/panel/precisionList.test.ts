import assert from 'node:assert/strict';
import { findPreset, presets, weightsAt } from '../../../src/engine/index';
import type { Listing } from '../../../src/shared/panel/snapshot';
import { analysisOf, contentFor, device, sample, type Asked } from './models';

const llama = sample('Llama-3.1-8B');
const all: Listing = { search: '', format: '', bits: 0, fits: false, rows: 1000 };
const table = (more: Partial<Listing> = {}, asked: Asked = {}, analysis = llama) =>
  contentFor(analysis, { ...asked, listing: { ...all, ...more } }).precisions;

describe('all presets in the panel', () => {
  it('are listed on request, the file first and the largest first, each once', () => {
    const { rows, listing } = table();
    assert.equal(listing?.found, presets.length);
    assert.equal(rows.length, presets.length);
    assert.equal(rows[0]?.precision, 'checkpoint');
    assert.ok(!rows.some(({ precision }) => precision === 'bf16'), 'the file is BF16 already');
    const sizes = rows.slice(1).map(({ precision }) => weightsAt(llama, precision).bytes);
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => b - a),
    );
    assert.equal(new Set(rows.map(({ precision }) => precision)).size, rows.length);
  });

  it('are those of the settings otherwise', () => {
    const { rows, listing, presets: count } = contentFor(llama).precisions;
    assert.equal(listing, null);
    assert.equal(rows.length, 4);
    assert.equal(count, presets.length);
  });

  it('come in pages', () => {
    const { rows, listing } = table({ rows: 25 });
    assert.equal(rows.length, 25);
    assert.equal(listing?.found, presets.length);
    assert.deepEqual(rows, table({ rows: 50 }).rows.slice(0, 25));
  });

  it('are narrowed by words, format and bits', () => {
    const labels = (more: Partial<Listing>): readonly string[] => table(more).rows.map(({ label }) => label);
    assert.deepEqual(labels({ search: 'gptq int4 128' }), ['GPTQ INT4 g128', 'GPTQ INT4 g128 act-order']);
    assert.deepEqual(labels({ search: '  q4_k_M ' }), ['GGUF Q4_K_M', 'GGUF UD-Q4_K_M']);
    assert.ok(labels({ format: 'EXL3' }).length > 5 && labels({ format: 'EXL3' }).every((label) => label.startsWith('EXL3')));
    for (const { precision } of table({ bits: 3 }).rows) assert.equal(Math.floor(findPreset(precision)?.bits ?? 0), 3, precision);
    assert.deepEqual(labels({ search: 'no such thing' }), []);
    const { listing } = table({ format: 'GGUF', bits: 4 });
    assert.ok(listing && listing.found > 5 && listing.found < 40);
    assert.ok(listing.formats.some(({ value }) => value === 'GGUF'));
    assert.ok(listing.widths.some(({ value }) => value === '4'));
  });

  it('can be held to what fits the chosen device', () => {
    const small = { targets: [{ device: device('RTX 3060 12GB'), count: 1 }] };
    const { rows } = table({ fits: true }, small);
    assert.ok(rows.length > 100 && rows.length < presets.length);
    for (const { reach, precision } of rows) assert.notEqual(reach[0]?.kind, 'over', precision);
    const largest = table({}, small).rows.find(({ reach }) => reach[0]?.kind !== 'over');
    assert.equal(rows[0]?.precision, largest?.precision);
    assert.equal(table({ fits: true }, { targets: [] }).listing?.found, presets.length);
  });

  it('tell bits, basis and reach like the rows of the settings', () => {
    const [row] = table({ search: 'awq-int4-g128' }).rows.filter(({ precision }) => precision === 'awq-int4-g128');
    const [, , , same] = contentFor(llama).precisions.rows;
    assert.deepEqual(row, same);
    assert.match(table({ search: 'onnx-int8-g128' }).rows[0]?.bytes.text ?? '', /^≈/);
    assert.match(table({ search: 'spqr' }).rows[0]?.bytes.text ?? '', / to /);
    for (const { facts, precision } of table().rows)
      assert.ok(
        facts.some(({ label, text }) => label === 'Size' && /^(exact|by rule|approximate)$/.test(text)),
        precision,
      );
  });

  it('lead with a quantized file and find it by its words', () => {
    const awq = sample('Qwen2.5-7B-Instruct-AWQ');
    const { rows } = table({ search: 'awq int4 g128' }, {}, awq);
    assert.match(rows[0]?.label ?? '', /this file/);
    assert.ok(!rows.some(({ precision }) => precision === 'awq-int4-g128'));
  });

  it('say what cannot run where it would fit', () => {
    const on = (name: string, search: string, asked = llama) =>
      table({ search }, { targets: [{ device: device(name), count: 1 }] }, asked).rows.find(({ precision }) => precision === search);
    const int8 = on('RTX 5090', 'w8a8-int8');
    assert.equal(int8?.reach[0]?.kind, 'refused');
    assert.ok(int8.facts.some(({ label, text }) => /RTX 5090/.test(label) && /no kernels/.test(text)));
    assert.equal(on('RTX 4090', 'w8a8-int8')?.reach[0]?.kind, 'fits');
    assert.equal(on('MI300X', 'mlx-4bit-g64')?.reach[0]?.kind, 'refused');
    // FP16 would do in place of BF16.
    assert.equal(on('T4', 'gptq-int4-g128')?.reach[0]?.kind, 'fits');
    const odd = analysisOf(JSON.stringify({ ...(llama.root as object), intermediate_size: 14400 }));
    assert.equal(on('RTX 4090', 'awq-int4-g128', odd)?.reach[0]?.kind, 'refused');
  });
});
