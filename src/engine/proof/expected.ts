import type { Analysis } from '../analysis';
import type { Role } from '../modules/tree';
import { holdsUnloaded, isInFiles, settleRecipe, sharesOf, type CheckpointHints } from '../quantization/checkpoint';
import type { Recipe } from '../quantization/recipe';
import { isKept, storeTensor, type StoreContext } from '../quantization/scheme';
import { bytesPerStoredElement, plainDtype, storedName } from '../quantization/storage';
import type { Writer } from '../quantization/writers';
import type { Indices, InventoryEntry } from '../weights/inventory';
import type { FormedEntry } from './forms';
import { maxTensors } from './limits';
import { elementsOf, type FileTensor } from './tensors';

/** A tensor that the files should hold. */
export interface ExpectedTensor extends FileTensor {
  readonly role: Role;
  /** Text whose length depends on the data: shape and bytes are an estimate. */
  readonly text: boolean;
}

/** A second name for a tensor that stands in the files once. */
export interface TiedName {
  readonly name: string;
  readonly tiedTo: string;
}

/** What a tensor of the model becomes: the name's parts around its numbers, and what does not depend on them. */
interface Slot extends Omit<ExpectedTensor, 'name'> {
  readonly parts: readonly string[];
}

/**
 * Every tensor of the checkpoint that a config describes, under its own name, layer by layer and lazily; tied ones once.
 * Nothing when there are more than a file can hold (`maxTensors`): ask `expectedCount` first.
 *
 * @param hints `unloaded`: layers that the class does not load, where the files are known to hold others than the config says
 * @param form the forms in which the files hold the model's tensors; `mlx`: the config says that MLX wrote them
 */
export function* expectedTensors(
  analysis: Analysis,
  hints: CheckpointHints = {},
  form: Form = ownForm,
): Generator<ExpectedTensor, void, undefined> {
  if (expectedCount(analysis) > maxTensors) return;
  const { root, inventory, dtype, sidecars } = analysis;
  const unloaded = hints.unloaded ?? analysis.unloaded;
  const told = settleRecipe(root, inventory, dtype.value, undefined, { sidecars, ...hints });
  const beside = unloaded.entries.length > 0 && holdsUnloaded(told, unloaded) ? unloaded.entries : [];
  const entries = [...inventory.entries, ...beside].filter((entry) =>
    told ? isInFiles(entry, told.recipe, told.context) : entry.tiedTo === undefined,
  );
  for (const formed of form(entries, told?.recipe.name.startsWith('mlx-') === true)) {
    if (told) yield* quantized(formed, told.recipe, told.context);
    else yield* expand(formed.entry, [keptSlot(formed.entry, formed.entry.dtype === 'float32' ? 'F32' : plainDtype(dtype.value))]);
  }
  for (const entry of told?.recipe.extra ? entries : []) {
    const extra = told?.recipe.extra?.(entry) ?? [];
    yield* expand(
      entry,
      extra.map((tensor) => slotOf(entry, storedName(entry.name, tensor.suffix), tensor)),
    );
  }
}

export type Form = (entries: readonly InventoryEntry[], mlx: boolean) => readonly FormedEntry[];

const ownForm: Form = (entries) => entries.map((entry) => ({ entry, own: [entry] }));

/** Who could have written the files, where the config does not say: the one whose tensors are expected, then the others. */
export function writersOf({ root, inventory, dtype, sidecars }: Analysis, hints: CheckpointHints = {}): readonly Writer[] {
  return settleRecipe(root, inventory, dtype.value, undefined, { sidecars, ...hints })?.recipe.writers ?? [];
}

/** Tensors that the files should hold, without listing them. */
export const expectedCount = ({ checkpoint }: Analysis): number => checkpoint.extras.tensors;

/** Names that a model's class has for tensors which the files hold under another. */
export function* tiedNames({ inventory }: Analysis): Generator<TiedName, void, undefined> {
  for (const entry of inventory.entries) {
    if (entry.tiedTo === undefined || entry.copies > maxTensors) continue;
    for (const name of namesOf(entry.name, entry.indices)) yield { name, tiedTo: entry.tiedTo };
  }
}

function* quantized({ entry, own }: FormedEntry, recipe: Recipe, context: StoreContext): Generator<ExpectedTensor, void, undefined> {
  const slots = new Map<unknown, readonly Slot[]>();
  const slotsOf = (scheme: Recipe['fallback']): readonly Slot[] => {
    let known = slots.get(scheme);
    if (!known) slots.set(scheme, (known = storedSlots(entry, scheme, context)));
    return known;
  };
  const one = schemeOf(recipe, own);
  if (one !== undefined) yield* expand(entry, slotsOf(one));
  else
    for (const numbers of numbersOf(entry.indices)) {
      const parts = own.map((part) => numbered(part, numbers));
      const its = schemeOf(recipe, parts);
      if (its !== undefined) for (const slot of slotsOf(its)) yield tensorOf(slot, numbers);
      // What is stored in different ways cannot stand in one tensor.
      else for (const part of parts) yield* quantized({ entry: part, own: [part] }, recipe, context);
    }
}

/** The one scheme of some entries, or the one reason why they stay as they are; `undefined` where there are several. */
function schemeOf(recipe: Recipe, entries: readonly InventoryEntry[]): Recipe['fallback'] | undefined {
  const schemes = entries.flatMap((entry) => sharesOf(recipe, entry).map(({ scheme }) => scheme));
  const [first = recipe.fallback] = schemes;
  return schemes.length <= entries.length && schemes.every((scheme) => scheme === first) ? first : undefined;
}

/** An entry with numbers in its first stacks. */
function numbered(entry: InventoryEntry, numbers: readonly number[]): InventoryEntry {
  const parts = partsOf(entry.name);
  const indices = entry.indices.slice(numbers.length);
  const name = [fill(parts.slice(0, numbers.length + 1), numbers), ...parts.slice(numbers.length + 1)].join('{n}');
  const copies = indices.reduce<number>((all, stack) => all * (typeof stack === 'number' ? stack : stack.length), 1);
  return { ...entry, name, indices, copies };
}

function storedSlots(entry: InventoryEntry, scheme: Recipe['fallback'], context: StoreContext): readonly Slot[] {
  const outcome = typeof scheme === 'string' ? scheme : storeTensor(scheme, entry, context);
  if (isKept(outcome)) {
    const forms = typeof scheme === 'string' ? undefined : scheme.saves?.(entry, context);
    return forms?.map((form) => slotOf(entry, form.name, form)) ?? [keptSlot(entry, context.typeOf(entry))];
  }
  return outcome.flatMap((tensor) =>
    tensor.copies === 1
      ? slotOf(entry, storedName(entry.name, tensor.suffix), tensor)
      : apart(entry.name, tensor.copies, entry.shape[0] ?? 1).map((name) => slotOf(entry, storedName(name, tensor.suffix), tensor)),
  );
}

/**
 * Names of experts that stand in one tensor of the model and one by one in the files; gate and up projections that share one
 * are two layers there (vllm-project/llm-compressor src/llmcompressor/modeling, GPTQModel's definitions).
 */
function apart(name: string, copies: number, experts: number): readonly string[] {
  const at = name.lastIndexOf('.');
  const [folder, last] = [name.slice(0, at), name.slice(at + 1)];
  const parts = copies === 2 * experts && last === 'gate_up_proj' ? ['gate_proj', 'up_proj'] : [last];
  return Array.from({ length: copies / parts.length }, (_, expert) => parts.map((part) => `${folder}.${expert}.${part}.weight`)).flat();
}

function slotOf(
  { role }: InventoryEntry,
  template: string,
  { dtype, shape, text }: { readonly dtype: keyof typeof bytesPerStoredElement; readonly shape: readonly number[]; readonly text?: true },
): Slot {
  return { parts: partsOf(template), dtype, shape, bytes: elementsOf(shape) * bytesPerStoredElement[dtype], role, text: text === true };
}

const keptSlot = (entry: InventoryEntry, dtype: keyof typeof bytesPerStoredElement): Slot =>
  slotOf(entry, entry.name, { dtype, shape: entry.shape });

function* expand(entry: InventoryEntry, slots: readonly Slot[]): Generator<ExpectedTensor, void, undefined> {
  for (const numbers of numbersOf(entry.indices)) for (const slot of slots) yield tensorOf(slot, numbers);
}

const tensorOf = ({ parts, dtype, shape, bytes, role, text }: Slot, numbers: readonly number[]): ExpectedTensor => ({
  name: fill(parts, numbers),
  dtype,
  shape,
  bytes,
  role,
  text,
});

/** A template's {n}, one number for each. */
function fill(parts: readonly string[], numbers: readonly number[]): string {
  let name = parts[0] as string;
  for (let at = 1; at < parts.length; at++) name += `${numbers[at - 1] as number}${parts[at] as string}`;
  return name;
}

function* namesOf(template: string, indices: readonly Indices[]): Generator<string, void, undefined> {
  const parts = partsOf(template);
  for (const numbers of numbersOf(indices)) yield fill(parts, numbers);
}

const partsOf = (template: string): readonly string[] => template.split('{n}');

/** Every combination of the numbers of nested stacks, the last counting fastest; one list, which changes as it goes. */
function* numbersOf(indices: readonly Indices[]): Generator<readonly number[], void, undefined> {
  const counts = indices.map((numbers) => (typeof numbers === 'number' ? numbers : numbers.length));
  if (counts.includes(0)) return;
  const places = counts.map(() => 0);
  const numberAt = (stack: number): number => {
    const numbers = indices[stack] as Indices;
    return typeof numbers === 'number' ? (places[stack] as number) : (numbers[places[stack] as number] as number);
  };
  const numbers = indices.map((_, stack) => numberAt(stack));
  for (;;) {
    yield numbers;
    let stack = counts.length - 1;
    for (; stack >= 0; stack--) {
      const next = (places[stack] as number) + 1;
      places[stack] = next < (counts[stack] as number) ? next : 0;
      numbers[stack] = numberAt(stack);
      if (places[stack] !== 0) break;
    }
    if (stack < 0) return;
  }
}

/** Names of tensors that files may hold beside the model's own: layers that its class does not load. */
export function* unloadedNames({ unloaded }: Analysis): Generator<string, void, undefined> {
  let left = maxTensors;
  for (const entry of unloaded.entries)
    for (const name of namesOf(entry.name, entry.indices)) {
      if (--left < 0) return;
      yield name;
    }
}
