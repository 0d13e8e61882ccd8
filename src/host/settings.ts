import * as vscode from 'vscode';
import {
  cacheDtypes,
  readProfile,
  type Analysis,
  type CacheDtype,
  type DeviceProfile,
  type JsonValue,
  type NumberStyle,
} from '../engine/index';

const section = 'vramLens';

export interface TargetSetting {
  readonly device: string;
  readonly count: number;
}
export interface CustomDeviceSetting {
  readonly name: string;
  readonly memoryGiB: number;
  readonly bandwidthGBps?: number;
}
export type HintDensity = 'all' | 'main';

/** The settings of one resource, read and bounded. Wrong values fall back to the defaults in package.json. */
export interface Settings {
  readonly targets: readonly TargetSetting[];
  readonly customDevices: readonly CustomDeviceSetting[];
  /** What start-up logs showed of devices; anything that is no profile is left out. */
  readonly deviceProfiles: readonly DeviceProfile[];
  readonly context: number;
  /** Nobody has set a context: a model that was made for fewer tokens is asked about those. */
  readonly contextIsUsual: boolean;
  readonly batch: number;
  /** `auto`: the model's own dtype. */
  readonly kvDtype: CacheDtype | 'auto';
  /** What panel and status bar show: a preset, or `checkpoint`. */
  readonly precision: string;
  /** What tables list. */
  readonly precisions: readonly string[];
  /** `none`, or the serving engine that memory is told for; as it was written, for `readEngine` to judge. */
  readonly engine: string;
  /** Empty: the newest that is known. */
  readonly engineVersion: string;
  /** The engine's own flags; as they were written. */
  readonly engineOptions: unknown;
  readonly codeLens: boolean;
  readonly inlayHints: boolean;
  readonly hintDensity: HintDensity;
  readonly hover: boolean;
  readonly diagnostics: boolean;
  /** Whether configs are held against the files beside them. */
  readonly verify: boolean;
  readonly statusBar: boolean;
  readonly numbers: NumberStyle;
}

export type SettingKey =
  | 'targets'
  | 'customDevices'
  | 'deviceProfiles'
  | 'context'
  | 'batch'
  | 'kvDtype'
  | 'precision'
  | 'precisions'
  | 'engine'
  | 'engineVersion'
  | 'engineOptions'
  | 'codeLens.enabled'
  | 'inlayHints.enabled'
  | 'inlayHints.density'
  | 'hover.enabled'
  | 'diagnostics.enabled'
  | 'verify.enabled'
  | 'statusBar.enabled'
  | 'numbers.memory';

const wholeNumber = (value: unknown, fallback: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 2 ** 40 ? value : fallback;

const textOf = (value: unknown, fallback: string): string => (typeof value === 'string' && value !== '' ? value : fallback);

/** Text as it is, and anything else as JSON, so that it can be shown for what it is. */
const writtenOf = (value: unknown, fallback: string): string =>
  value === undefined || value === null ? fallback : typeof value === 'string' ? value : JSON.stringify(value);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function targetOf(value: unknown): TargetSetting | undefined {
  if (typeof value === 'string') return { device: value, count: 1 };
  if (!isRecord(value) || typeof value['device'] !== 'string') return undefined;
  return { device: value['device'], count: Math.min(16, wholeNumber(value['count'], 1)) };
}

function customDeviceOf(value: unknown): CustomDeviceSetting | undefined {
  if (!isRecord(value)) return undefined;
  const { name, memoryGiB, bandwidthGBps } = value;
  if (typeof name !== 'string' || name === '' || typeof memoryGiB !== 'number' || !(memoryGiB > 0 && memoryGiB < 1e6)) return undefined;
  return typeof bandwidthGBps === 'number' && bandwidthGBps > 0 ? { name, memoryGiB, bandwidthGBps } : { name, memoryGiB };
}

function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] {
  return Array.isArray(value) ? value.map(read).filter((item): item is T & {} => item !== undefined) : [];
}

/** Settings as they are for a model: without a context of the person's own, no more tokens than it was made for. */
export const settingsFor = (settings: Settings, { contextLimit }: Pick<Analysis, 'contextLimit'>): Settings =>
  settings.contextIsUsual && contextLimit !== null && contextLimit < settings.context ? { ...settings, context: contextLimit } : settings;

/** Whether a person has given a value anywhere. */
const isSet = (inspected: ReturnType<vscode.WorkspaceConfiguration['inspect']>): boolean =>
  inspected !== undefined &&
  [inspected.globalValue, inspected.workspaceValue, inspected.workspaceFolderValue].some((value) => value !== undefined);

export function readSettings(scope?: vscode.ConfigurationScope): Settings {
  const configuration = vscode.workspace.getConfiguration(section, scope ?? null);
  const get = (key: SettingKey): unknown => configuration.get(key);
  const kvDtype = get('kvDtype');
  return {
    targets: listOf(get('targets'), targetOf),
    customDevices: listOf(get('customDevices'), customDeviceOf),
    deviceProfiles: listOf(get('deviceProfiles'), (value) => readProfile(value as JsonValue)),
    context: wholeNumber(get('context'), 8192),
    contextIsUsual: !isSet(configuration.inspect('context')),
    batch: wholeNumber(get('batch'), 1),
    kvDtype: cacheDtypes.find((dtype) => dtype === kvDtype) ?? 'auto',
    precision: textOf(get('precision'), 'checkpoint'),
    precisions: listOf(get('precisions'), (item) => (typeof item === 'string' ? item : undefined)),
    engine: writtenOf(get('engine'), 'none'),
    engineVersion: writtenOf(get('engineVersion'), ''),
    engineOptions: get('engineOptions') ?? {},
    codeLens: get('codeLens.enabled') !== false,
    inlayHints: get('inlayHints.enabled') !== false,
    hintDensity: get('inlayHints.density') === 'main' ? 'main' : 'all',
    hover: get('hover.enabled') !== false,
    diagnostics: get('diagnostics.enabled') !== false,
    verify: get('verify.enabled') !== false,
    statusBar: get('statusBar.enabled') !== false,
    numbers: { locale: vscode.env.language, memory: get('numbers.memory') === 'decimal' ? 'decimal' : 'binary' },
  };
}

/** Writes a setting where the person keeps it: the workspace when there is one, else their own settings. */
export async function writeSetting(key: SettingKey, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration(section).update(key, value, usualPlace());
}

const usualPlace = (): vscode.ConfigurationTarget =>
  vscode.workspace.workspaceFolders?.length ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;

/** Writes a setting where its value stands already, so that a list does not end up in two places. */
export async function writeWhereKept(key: SettingKey, value: unknown): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(section);
  const { workspaceValue, globalValue } = configuration.inspect(key) ?? {};
  const { Workspace, Global } = vscode.ConfigurationTarget;
  await configuration.update(key, value, workspaceValue !== undefined ? Workspace : globalValue !== undefined ? Global : usualPlace());
}

export const affectsSettings = (event: vscode.ConfigurationChangeEvent): boolean => event.affectsConfiguration(section);
