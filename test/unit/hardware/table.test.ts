import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { gib } from '../../../src/engine/hardware/device';
import type { Device } from '../../../src/engine/hardware/device';
import { findDevice } from '../../../src/engine/hardware/lookup';

const table = '../shared/truth/hardware.csv';

/** Quoted fields may hold commas; none holds a line break. */
function readCsv(text: string): Record<string, string>[] {
  const [header, ...lines] = text
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => (quoted ?? plain ?? '').replaceAll('""', '"')),
    );
  return lines.map((cells) => Object.fromEntries((header ?? []).map((key, i) => [key, cells[i] ?? ''])));
}

/** Where the table's notes give a lower figure, or the maker's own, it is taken instead: device and column. */
const different = new Set([
  'B300 SXM fp4_tflops_dense',
  'Ascend 910B fp16_tflops_dense',
  'Ascend 950DT bf16_tflops_dense',
  'Moore Threads MTT S4000 tf32_tflops_dense',
  'Moore Threads MTT S4000 fp16_tflops_dense',
  'Moore Threads MTT S4000 bf16_tflops_dense',
  'Moore Threads MTT S4000 int8_tops_dense',
]);

const columns = [
  ['fp32_tflops', 'fp32'],
  ['tf32_tflops_dense', 'tf32'],
  ['fp16_tflops_dense', 'fp16'],
  ['bf16_tflops_dense', 'bf16'],
  ['fp8_tflops_dense', 'fp8'],
  ['fp4_tflops_dense', 'fp4'],
  ['int8_tops_dense', 'int8'],
] as const;

/** The devices of a row: one, or one per memory size. */
function devicesOf(name: string): readonly Device[] {
  const result = findDevice(name === 'V100 PCIe 16/32GB' ? 'V100 PCIe' : name);
  assert.notEqual(result.kind, 'unknown', name);
  return result.kind === 'found' ? [result.device] : result.kind === 'ambiguous' ? result.candidates : [];
}

describe('hardware catalogue against the table of sources', () => {
  let rows: Record<string, string>[] = [];

  before(function () {
    if (!existsSync(table)) {
      console.log(`    skipped: ${table} is not here`);
      this.skip();
    }
    rows = readCsv(readFileSync(table, 'utf8'));
    assert.ok(rows.length > 200);
  });

  it('has every row, one device per memory size', () => {
    for (const { name = '', memory_gb = '' } of rows) {
      const sizes =
        memory_gb.startsWith('up to') || memory_gb === ''
          ? []
          : memory_gb
              .replace(/\(.*?\)/g, '')
              .split(/[;-]/)
              .map(Number);
      const found = devicesOf(name).map(({ memoryBytes }) => memoryBytes);
      if (sizes.length === 0) assert.deepEqual(found, [null], name);
      else if (name.startsWith('GB200') || name === 'Arc Pro B60') assert.deepEqual(found, [Math.min(...sizes) * gib], name);
      else if (/^(B300|Groq|Cerebras)/.test(name))
        assert.deepEqual(
          found,
          sizes.map((size) => size * 1e9),
          name,
        );
      else
        assert.deepEqual(
          found,
          sizes.sort((a, b) => a - b).map((size) => size * gib),
          name,
        );
    }
  });

  it('has its throughput, and no figure where it has none', () => {
    for (const row of rows) {
      for (const { name, throughput, shaderFp16 } of devicesOf(row['name'] ?? '')) {
        for (const [column, dtype] of columns) {
          if (different.has(`${name} ${column}`)) continue;
          const cell = row[column] ?? '';
          assert.equal(throughput[dtype], cell === '' ? undefined : Math.round(Number(cell) * 1e6) * 1e6, `${name} ${column}`);
        }
        const shader = row['fp16_shader_tflops'] ?? '';
        assert.equal(shaderFp16, shader === '' ? undefined : Math.round(Number(shader) * 1e6) * 1e6, `${name} shader`);
      }
    }
  });

  it('has its bandwidth, or a lower one, or none', () => {
    for (const row of rows) {
      const cell = row['mem_bw_gbps'] ?? '';
      for (const { name, bandwidth } of devicesOf(row['name'] ?? '')) {
        // The table's own note gives 912 GB/s for this size.
        if (name === 'RTX 3080 12GB') assert.equal(bandwidth, 912e9);
        else if (cell === '') assert.equal(bandwidth, undefined, name);
        else assert.ok(bandwidth === undefined || bandwidth <= Number(cell) * 1e9, name);
      }
    }
  });

  it('believes no format that it denies', () => {
    for (const row of rows) {
      for (const dtype of ['bf16', 'fp8', 'fp4'] as const) {
        if (!new RegExp(`no [a-z0-9/]*${dtype}`).test(row['native_dtypes'] ?? '')) continue;
        for (const { name, nativeDtypes } of devicesOf(row['name'] ?? '')) assert.ok(!nativeDtypes?.includes(dtype), `${name} ${dtype}`);
      }
    }
  });

  it('has its power and year', () => {
    for (const row of rows) {
      for (const { name, watts, year } of devicesOf(row['name'] ?? '')) {
        assert.equal(String(watts ?? ''), row['tdp_w'], name);
        assert.equal(String(year ?? ''), row['release_year'], name);
      }
    }
  });
});
