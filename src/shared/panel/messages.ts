/** What extension host and panel say to each other. */
import { cacheDtypes, type CacheDtype } from '../../engine/units/dtypes';
import { editableParts } from '../../engine/quantization/edits';
import type { NumberStyle } from '../../engine/units/format';
import { engineIds } from '../../engine/memory/engines/ids';
import type { TrainingAsked } from './runs';
import type { Changes, Listing, PanelSnapshot, Trial } from './snapshot';

/** Parts of the page that something outside can point to. */
export const panelSections = ['memory', 'engine', 'smaller', 'whatIf', 'training', 'breakdown', 'cache', 'walls', 'findings'] as const;
export type PanelSection = (typeof panelSections)[number];

/** Commands that the panel offers; the host decides what runs. */
export const panelCommands = [
  'openSample',
  'copyMarkdown',
  'openEditor',
  'openDocument',
  'whatIfReport',
  'chooseEngine',
  'deviceProfiles',
] as const;
export type PanelCommand = (typeof panelCommands)[number];

export type ToPanel =
  /** Once per page, before any snapshot: translations of the page's own texts, and how it writes numbers. */
  | {
      readonly type: 'init';
      readonly messages: Readonly<Record<string, string>>;
      readonly style: NumberStyle;
      readonly place: 'view' | 'editor';
    }
  | { readonly type: 'snapshot'; readonly snapshot: PanelSnapshot }
  | { readonly type: 'show'; readonly section: PanelSection };

export type ToHost =
  /** The page listens. */
  | { readonly type: 'ready' }
  | { readonly type: 'select'; readonly uri: string }
  | { readonly type: 'pin'; readonly pinned: boolean }
  /** `commit` false: while a control is being dragged. */
  | { readonly type: 'change'; readonly changes: Changes; readonly commit: boolean }
  /** Puts a device in the place of a target that names none. */
  | { readonly type: 'fixTarget'; readonly index: number; readonly device: string }
  /** Shows the place of a finding, by its index in the last snapshot. */
  | { readonly type: 'reveal'; readonly index: number }
  | { readonly type: 'command'; readonly command: PanelCommand };

/** What the page keeps of itself while it is hidden or the window reloads: nothing about the model but where it stands. */
export interface PageState {
  /** Keys of opened explanations. */
  readonly open: readonly string[];
  readonly scroll: number;
  /** The document that was shown, as a URI. */
  readonly document?: string;
}

const maxText = 4096;
/** As the settings bound them. */
const maxNumber = 2 ** 40;
/** Of rows, layers and bits. */
const maxCount = 10_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= maxText;
const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T => values.some((each) => each === value);

const kvDtypes: readonly (CacheDtype | 'auto')[] = ['auto', ...cacheDtypes];

type Test = (value: unknown) => boolean;

/** Whether a record has fields of a shape, all those that are needed, and no others. */
function hasShape(value: unknown, needed: Readonly<Record<string, Test>>, further: Readonly<Record<string, Test>> = {}): boolean {
  if (!isRecord(value)) return false;
  const isKnown = (key: string): boolean =>
    Object.hasOwn(needed, key) ? needed[key]?.(value[key]) === true : Object.hasOwn(further, key) && further[key]?.(value[key]) === true;
  return Object.keys(value).every(isKnown) && Object.keys(needed).every((key) => Object.hasOwn(value, key));
}

const isShortText: Test = (value) => typeof value === 'string' && value.length <= maxText;
const isCount: Test = (value) => value === 0 || isWhole(value, maxCount);
const isParts: Test = (value) =>
  Array.isArray(value) && value.length <= editableParts.length && value.every((part) => isOneOf(editableParts, part));

const isListing: Test = (value) =>
  hasShape(value, { search: isShortText, format: isShortText, bits: isCount, fits: (each) => typeof each === 'boolean', rows: isCount });
const isTrial: Test = (value) =>
  hasShape(value, {
    preset: isText,
    edits: (edits) => hasShape(edits, {}, { keep: isParts, quantize: isParts, firstLayers: isCount, lastLayers: isCount }),
  });

const isTrainingAsked: Test = (value) =>
  hasShape(value, {
    batch: (each) => isWhole(each, maxCount),
    tokens: (each) => isWhole(each, maxNumber),
    precision: (each) => each === 'bf16' || each === 'mixed',
    devices: (each) => isWhole(each, maxCount),
  });

const holds: Readonly<Record<keyof Changes, (value: unknown) => boolean>> = {
  device: isText,
  count: (value) => isWhole(value, 16),
  precision: isText,
  context: (value) => isWhole(value, maxNumber),
  batch: (value) => isWhole(value, maxNumber),
  kvDtype: (value) => isOneOf(kvDtypes, value),
  listing: (value) => value === null || isListing(value),
  trial: (value) => value === null || isTrial(value),
  engine: (value) => isOneOf(['none', ...engineIds], value),
  comparing: (value) => typeof value === 'boolean',
  training: (value) => value === null || isTrainingAsked(value),
};

/** Only what is known and in bounds; one wrong field makes the whole worthless. */
function readChanges(value: unknown): Changes | undefined {
  if (!isRecord(value)) return undefined;
  const keys = Object.keys(value);
  const known = keys.every((key) => Object.hasOwn(holds, key) && holds[key as keyof Changes](value[key]));
  return known && keys.length > 0 ? ({ ...value } as Changes) : undefined;
}

const isIndex = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A message from the page, or `undefined` for anything else that was posted. */
export function readToHost(value: unknown): ToHost | undefined {
  if (!isRecord(value)) return undefined;
  switch (value['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'select':
      return isText(value['uri']) ? { type: 'select', uri: value['uri'] } : undefined;
    case 'pin':
      return typeof value['pinned'] === 'boolean' ? { type: 'pin', pinned: value['pinned'] } : undefined;
    case 'change': {
      const changes = readChanges(value['changes']);
      return changes && typeof value['commit'] === 'boolean' ? { type: 'change', changes, commit: value['commit'] } : undefined;
    }
    case 'fixTarget': {
      const { index, device } = value;
      return isIndex(index) && isText(device) ? { type: 'fixTarget', index, device } : undefined;
    }
    case 'reveal':
      return isIndex(value['index']) ? { type: 'reveal', index: value['index'] } : undefined;
    case 'command':
      return isOneOf(panelCommands, value['command']) ? { type: 'command', command: value['command'] } : undefined;
    default:
      return undefined;
  }
}

/** The document that a page's state names, or `undefined`: the state comes from storage. */
export function documentOfState(state: unknown): string | undefined {
  const document = isRecord(state) ? state['document'] : undefined;
  return isText(document) ? document : undefined;
}

/** What a panel keeps beside the settings. */
export interface KeptChoices {
  readonly listing: Listing | null;
  readonly trial: Trial | null;
  readonly comparing: boolean;
  readonly training: TrainingAsked | null;
}

/** Choices from a workspace's storage; what is not as it was written is forgotten. */
export function readKeptChoices(value: unknown): KeptChoices {
  const { listing, trial, comparing, training } = isRecord(value) ? value : {};
  return {
    listing: isListing(listing) ? (listing as Listing) : null,
    trial: isTrial(trial) ? (trial as Trial) : null,
    comparing: comparing !== false,
    training: isTrainingAsked(training) ? (training as TrainingAsked) : null,
  };
}

/** A message from the host; the page trusts its contents, and ignores types that it does not know. */
export function readToPanel(value: unknown): ToPanel | undefined {
  const type = isRecord(value) ? value['type'] : undefined;
  return type === 'init' || type === 'snapshot' || type === 'show' ? (value as ToPanel) : undefined;
}
