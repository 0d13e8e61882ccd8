import type { Analysis } from '../../analysis';
import type { PeakJob } from './peak';

/** Where what is spread over devices stands, beside them. */
export const places = ['device', 'cpu', 'nvme'] as const;
export type Place = (typeof places)[number];

/** Devices among which a device's weights are spread, and those among which its routed experts are. */
export interface Copies {
  readonly devices: number;
  readonly expertDevices: number;
}

/** Share of one device of what is spread: a length is padded until every device has as many elements. */
export const shareOf = (elements: number, devices: number): number => Math.ceil(elements / devices);

/** Elements of one part of a model that FSDP gathers at once, how many such parts there are, and devices that share each. */
interface Unit {
  readonly elements: number;
  readonly copies: number;
  readonly layer: boolean;
  readonly devices: number;
}

/** Parts that are gathered one by one: every layer of a stack, and everything else together. */
function unitsOf({ inventory }: Analysis, { devices, expertDevices }: Copies): readonly Unit[] {
  const layers = new Map<string, { elements: number; copies: number; readonly devices: number }>();
  let root = 0;
  for (const { name, elements, copies, indices, buffer, tiedTo, component } of inventory.entries) {
    if (buffer || tiedTo !== undefined) continue;
    const [first] = indices;
    if (first === undefined) {
      root += elements * copies;
      continue;
    }
    const count = typeof first === 'number' ? first : first.length;
    // Experts that fewer devices share are a unit of their own.
    const own = component === 'experts' ? expertDevices : devices;
    const stack = `${name.slice(0, name.indexOf('{n}'))} ${typeof first === 'number' ? first : first.join(' ')} ${own}`;
    const known = layers.get(stack) ?? { elements: 0, copies: count, devices: own };
    known.elements += (elements * copies) / Math.max(count, 1);
    layers.set(stack, known);
  }
  return [{ elements: root, copies: 1, layer: false, devices }, ...[...layers.values()].map((unit) => ({ ...unit, layer: true }))];
}

/** Share of one device of bytes of which some are of routed experts. */
export const shareAmong = ({ devices, expertDevices }: Copies, total: number, ofExperts: number): number =>
  devices === expertDevices ? shareOf(total, devices) : shareOf(total - ofExperts, devices) + shareOf(ofExperts, expertDevices);

/** What a device holds of parameters that are spread, and what it gathers of them for a while, in bytes. */
export interface Sharded {
  readonly parameters: number;
  readonly gathered: number;
}

/** How FSDP shards: its first form (flat parameters) or its second (`fully_shard`, parameter by parameter). */
export interface FsdpWay extends Copies {
  readonly way: 'full_shard' | 'shard_grad_op';
  readonly version: 1 | 2;
}

/**
 * PyTorch's FSDP with a layer as its unit. A unit is padded to the devices (torch/distributed/fsdp/_flat_param.py). `full_shard` gathers a
 * layer before it runs and lets it go after it, while the next is on its way (limit_all_gathers, BACKWARD_PRE): two at once; the second
 * form gathers into a buffer of its own, which it copies out of, so that there are three (_fully_shard/_fsdp_collectives.py; three in
 * the forward pass and five in the backward pass of a full training, as traced on a process group that is not real). What is outside
 * of the layers stays whole from its first use to the end of the way back: the root is not resharded. `shard_grad_op` keeps
 * everything whole between the two ways.
 */
export function fsdp(analysis: Analysis, { way, version, ...spread }: FsdpWay, width: number, full: boolean): Sharded {
  const all = unitsOf(analysis, spread);
  const parameters = all.reduce((sum, { elements, copies, devices }) => sum + shareOf(elements, devices) * copies * width, 0);
  // What no other device shares is there already.
  const units = all.filter(({ devices }) => devices > 1);
  const largest = units.reduce((most, { elements, layer }) => (layer ? Math.max(most, elements) : most), 0);
  const root = units.reduce((sum, { elements, layer }) => (layer ? sum : sum + elements), 0);
  const whole = units.reduce((sum, { elements, copies }) => sum + elements * copies, 0);
  const layers = units.reduce((count, { copies, layer }) => (layer ? count + copies : count), 0);
  const buffers = version === 2 ? 1 : 0;
  const held = way === 'full_shard' ? root + (Math.min(2, layers) + buffers) * largest : whole + buffers * largest;
  // Gradients of a layer stand whole, and once more in the buffer that they are summed from.
  const reduced = full ? 2 * largest : 0;
  return { parameters, gathered: Math.ceil((held + reduced) * width) };
}

/**
 * Whether devices each hold all of the model and sum their gradients by PyTorch's DDP. Its reducer keeps buckets as large as the
 * gradients from the model's wrapping on (torch/nn/parallel/distributed.py, whose gradient_as_bucket_view is off by default).
 */
export const copiesModel = ({ mode, zero = 0, fsdp: sharded = null, bucket = 0 }: PeakJob, { devices }: Copies): boolean =>
  mode === 'train' && devices > 1 && zero === 0 && !sharded && bucket === 0;

/** Elements of stage 3 that a step works on at once (deepspeed/runtime/zero/config.py, sub_group_size). */
const subGroup = 1e9;

/** Bytes that DeepSpeed takes beside states, gradients and parameters. */
export interface DeepSpeedExtras {
  readonly master: number;
  readonly buckets: number;
  /** While the optimizer steps. */
  readonly step: number;
}

/**
 * DeepSpeed's own: an fp32 copy of what is trained (kept with the states), the two buffers that gradients are summed in (overlap_comm),
 * and gradients at 32 bits in a step (deepspeed/runtime/zero/stage_1_and_2.py: single_partition_of_fp32_groups, ipg_buffer, step;
 * stage3.py, which steps by sub-groups).
 *
 * @param own elements that this device steps
 */
export function deepSpeedExtras({ zero = 0, master = false, bucket = 0 }: PeakJob, own: number): DeepSpeedExtras {
  const stepped = zero === 3 ? Math.min(own, subGroup) : own;
  return { master: master ? 4 * own : 0, buckets: 2 * 2 * bucket, step: master ? 4 * stepped : 0 };
}
