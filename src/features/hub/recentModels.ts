import type * as vscode from 'vscode';
import { parseReference } from '../../hub/reference';
import type { HubEndpoint } from '../../hub/endpoint';

const key = 'vramLens.hub.recent';
const kept = 12;

/** Models that were opened, the last one first; whatever else is stored under the key is passed over. */
export function recentModels({ globalState }: vscode.ExtensionContext, endpoint: HubEndpoint): readonly string[] {
  const stored = globalState.get<unknown>(key);
  const names: readonly unknown[] = Array.isArray(stored) ? stored : [];
  return names.filter((name): name is string => typeof name === 'string' && parseReference(name, endpoint).kind === 'model').slice(0, kept);
}

export async function rememberModel(context: vscode.ExtensionContext, endpoint: HubEndpoint, name: string): Promise<void> {
  const others = recentModels(context, endpoint).filter((each) => each !== name);
  await context.globalState.update(key, [name, ...others].slice(0, kept));
}

export async function forgetModel(context: vscode.ExtensionContext, endpoint: HubEndpoint, name: string): Promise<void> {
  await context.globalState.update(
    key,
    recentModels(context, endpoint).filter((each) => each !== name),
  );
}
