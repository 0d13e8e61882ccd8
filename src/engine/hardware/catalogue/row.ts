import {
  gib,
  type ComputeDtype,
  type Confidence,
  type Device,
  type DeviceClass,
  type DeviceNote,
  type Throughput,
  type UsableMemory,
  type UsableRule,
  type Vendor,
} from '../device';
import { estimateUsable } from '../usableMemory';
import { sources, type SourceKey } from './sources';

/** What the rows of one vendor have in common. */
export interface RowDefaults {
  readonly vendor: Vendor;
  readonly class?: DeviceClass;
  readonly usable?: Exclude<UsableRule, 'measured-range'>;
}

/** An architecture: its name and the formats it multiplies in hardware. */
export interface Architecture {
  readonly name?: string;
  readonly native?: readonly ComputeDtype[];
}

/** One line of a catalogue: figures as data sheets print them. */
export interface Row {
  /** As in the table of sources; several `memory` sizes are appended to it, one device each. */
  readonly name: string;
  readonly class?: DeviceClass;
  readonly architecture?: Architecture;
  /** GiB; several sizes are devices of their own. Left out: unknown. */
  readonly memory?: number | readonly number[];
  /** GiB at most, where the size depends on the phone or board and so is unknown. */
  readonly memoryAtMost?: number;
  /** 1e9 bytes, for makers that mean that. */
  readonly memoryGB?: number;
  readonly usable?: Exclude<UsableRule, 'measured-range'> | UsableMemory;
  readonly parts?: number;
  /** GB/s, or one per memory size (null: not known for that size). */
  readonly bandwidth?: number | readonly (number | null)[];
  /** Dense TFLOP/s (int8: TOP/s). */
  readonly tflops?: Throughput;
  readonly shader?: number;
  /** Text, and GB/s of one direction where stated. */
  readonly link?: string | readonly [string, number];
  readonly watts?: number;
  readonly year?: number;
  readonly from: readonly SourceKey[];
  readonly confidence: Confidence;
  readonly notes?: readonly DeviceNote[];
  readonly aliases?: readonly string[];
}

const scaled = (figures: Throughput): Throughput =>
  Object.fromEntries(Object.entries(figures).map(([dtype, teraflops]) => [dtype, Math.round(teraflops * 1e6) * 1e6]));

/** Devices of one row: one, or one per memory size, named "RTX 4060 Ti 8GB". */
function expand(defaults: RowDefaults, row: Row): Device[] {
  const sizes =
    row.memory === undefined ? [undefined] : Array.isArray(row.memory) ? (row.memory as readonly number[]) : [row.memory as number];
  return sizes.map((size, index) => {
    const memoryBytes = size !== undefined ? Math.round(size * gib) : row.memoryGB !== undefined ? Math.round(row.memoryGB * 1e9) : null;
    const stated = row.usable ?? defaults.usable ?? 'unmeasured';
    const usable = memoryBytes === null ? null : typeof stated === 'string' ? estimateUsable(memoryBytes, stated) : stated;
    const bandwidth = Array.isArray(row.bandwidth)
      ? (row.bandwidth as readonly (number | null)[])[index]
      : (row.bandwidth as number | undefined);
    const [text, oneWay] = typeof row.link === 'string' ? [row.link] : (row.link ?? []);
    const several = sizes.length > 1;
    return {
      name: several ? `${row.name} ${String(size)}GB` : row.name,
      aliases: [...(several ? [row.name.toLowerCase()] : []), ...(row.aliases ?? [])],
      vendor: defaults.vendor,
      class: row.class ?? defaults.class ?? 'datacenter',
      memoryBytes,
      usable,
      ...(row.memoryAtMost === undefined ? {} : { memoryAtMostBytes: row.memoryAtMost * gib }),
      parts: row.parts ?? 1,
      throughput: scaled(row.tflops ?? {}),
      sources: row.from.map((key) => sources[key]),
      confidence: row.confidence,
      notes: row.notes ?? [],
      ...(bandwidth == null ? {} : { bandwidth: Math.round(bandwidth * 1e9) }),
      ...(row.shader === undefined ? {} : { shaderFp16: Math.round(row.shader * 1e6) * 1e6 }),
      ...(row.architecture?.native ? { nativeDtypes: row.architecture.native } : {}),
      ...(row.architecture?.name ? { architecture: row.architecture.name } : {}),
      ...(text === undefined
        ? {}
        : { interconnect: { text, ...(oneWay === undefined ? {} : { bytesPerSecond: Math.round(oneWay * 1e9) }) } }),
      ...(row.watts === undefined ? {} : { watts: row.watts }),
      ...(row.year === undefined ? {} : { year: row.year }),
    };
  });
}

export function catalogue(defaults: RowDefaults, rows: readonly Row[]): readonly Device[] {
  return rows.flatMap((row) => expand(defaults, row));
}
