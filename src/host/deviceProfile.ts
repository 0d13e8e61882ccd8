import * as vscode from 'vscode';
import { readProfile, type DeviceProfile, type JsonValue, type Target } from '../engine/index';

const section = 'vramLens';
const setting = 'deviceProfiles';

/** What start-up logs showed of machines, as the settings keep it; anything that is no profile is left out. */
export function deviceProfiles(scope?: vscode.ConfigurationScope): readonly DeviceProfile[] {
  const kept: unknown = vscode.workspace.getConfiguration(section, scope ?? null).get(setting);
  return Array.isArray(kept) ? kept.map((value) => readProfile(value as JsonValue)).filter((profile) => profile !== undefined) : [];
}

/** The profile of a target: of its device, and of as many of them before others. */
export function profileOfTarget(target: Target | undefined, scope?: vscode.ConfigurationScope): DeviceProfile | undefined {
  if (!target) return undefined;
  const own = deviceProfiles(scope).filter(({ device }) => device === target.device.name);
  return own.find(({ ranks }) => ranks === target.count) ?? own[0];
}

/** Keeps a profile in place of another of the same device, engine and number of ranks: in the workspace where there is one. */
export async function keepProfile(profile: DeviceProfile): Promise<void> {
  const others = deviceProfiles().filter(
    ({ device, engine, ranks }) => device !== profile.device || engine !== profile.engine || ranks !== profile.ranks,
  );
  const target = vscode.workspace.workspaceFolders?.length ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(section).update(setting, [...others, profile], target);
}
