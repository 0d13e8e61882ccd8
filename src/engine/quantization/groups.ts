/** Groups of a person's own choosing: what a format's writer takes beside the sizes that presets have. */
import type { Preset } from './presets/preset';

/** Which sizes a writer takes; a row that one does not divide is another matter (`refusals.ts`). */
export interface GroupRule {
  /** These alone. */
  readonly sizes?: readonly number[];
  /** Multiples of this alone. */
  readonly multipleOf?: number;
  /** Where that stands. */
  readonly source: string;
}

/** Names with a group in them: "gptq-int4-g256-actorder" is "gptq-int4", 256, "-actorder"; blocks of bitsandbytes end in "-b64". */
const groupedName = /^(.+?)-(g|b)([1-9]\d{0,6})(-.+)?$/;

/** A name in two parts, between which a group stands. */
export interface GroupName {
  readonly head: string;
  readonly letter: string;
  readonly size: number;
  readonly tail: string;
}

export function groupNameOf(name: string): GroupName | undefined {
  const [, head, letter, size, tail = ''] = groupedName.exec(name) ?? [];
  return head === undefined || letter === undefined ? undefined : { head, letter, size: Number(size), tail };
}

/** Whether a writer takes groups of a size. */
export function takesGroup({ sizes, multipleOf = 1 }: GroupRule, size: number): boolean {
  if (!Number.isSafeInteger(size) || size < 1) return false;
  if (sizes) return sizes.includes(size);
  return size % multipleOf === 0;
}

/** A size that a format's writer does not take, and a preset of that format. */
export interface RefusedGroup {
  readonly preset: Preset;
  readonly size: number;
  readonly rule: GroupRule;
}
