import { maxDeviceCount } from '../../hardware/deviceSpec';
import type { Device } from '../../hardware/device';
import { findDevice } from '../../hardware/lookup';
import { machineOf } from '../engines/machine';
import type { StartupLog } from './startupLog';

/** Where the memory of the machine is known from. */
export type MemorySource = 'given' | 'log' | 'free' | 'catalogue' | 'unknown';

/** Devices of a run as far as its log, or whoever asks, names them. */
export interface LogMachine {
  /** As the log or the catalogue calls it. */
  readonly name: string | undefined;
  readonly device: Device | undefined;
  readonly count: number;
  /** Bytes per device; `undefined` where neither the log, the catalogue nor the asker says. */
  readonly memory: number | undefined;
  readonly source: MemorySource;
}

/** What whoever asks knows better than the log. */
export interface GivenMachine {
  readonly device?: Device | undefined;
  readonly count?: number | undefined;
  readonly memory?: number | undefined;
}

/**
 * The device of a log by the maker's name. Where the catalogue has several of that name (other sizes of memory), what they share:
 * maker and architecture, but no memory.
 */
function deviceOfLog({ devices }: StartupLog): Device | undefined {
  const titles = new Set(devices.map(({ title }) => title).filter((title) => title !== undefined));
  const [title] = titles;
  if (titles.size !== 1 || title === undefined) return undefined;
  const found = findDevice(title);
  if (found.kind === 'found') return found.device;
  const [first, ...others] = found.kind === 'ambiguous' ? found.candidates : [];
  if (!first || others.some(({ vendor, architecture }) => vendor !== first.vendor || architecture !== first.architecture)) return undefined;
  return { ...first, name: title, memoryBytes: null, usable: null, parts: 1 };
}

/** Ranks of a run, by its own flags. */
export function ranksOf({ engine, options, devices }: StartupLog): number {
  if (engine !== 'vllm' && engine !== 'sglang') return devices.length;
  const degree = (flag: string): number => (typeof options[flag] === 'number' ? options[flag] : 1);
  const data = engine === 'sglang' && options['enable-dp-attention'] === true ? 1 : degree('data-parallel-size');
  return Math.min(1024, degree('tensor-parallel-size') * degree('pipeline-parallel-size') * data);
}

/**
 * The machine of a log. What is given wins; then what the log prints of the whole memory, what it prints as free before loading
 * (together with what the engine takes before it), and the catalogue's figure for the device.
 *
 * @param context bytes that the engine takes before it prints what is free
 */
export function machineOfLog(log: StartupLog, given: GivenMachine, context: number): LogMachine {
  const device = given.device ?? deviceOfLog(log);
  const [first] = log.devices;
  const name = device?.name ?? first?.title;
  // llama.cpp runs on no device too.
  const count = given.count === undefined ? ranksOf(log) : Math.min(given.count * (device?.parts ?? 1), maxDeviceCount * 8);
  const of = (memory: number | undefined, source: MemorySource): LogMachine => ({ name, device, count, memory, source });
  if (given.memory !== undefined) return of(given.memory, 'given');
  const totals = log.devices.map(({ total }) => total).filter((total) => total !== undefined);
  if (totals.length > 0) return of(Math.min(...totals), 'log');
  const free = log.devices.map((each) => each.free).filter((bytes) => bytes !== undefined);
  if (free.length > 0) return of(Math.min(...free) + context, 'free');
  const memory = device && machineOf(device, 1).memory;
  return of(memory, memory === undefined ? 'unknown' : 'catalogue');
}
