import { documentOfState, type PageState, type PanelCommand, type ToHost } from '../../src/shared/panel/messages';
import type { Changes } from '../../src/shared/panel/snapshot';

interface WebviewApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): WebviewApi;

const api = acquireVsCodeApi();

export const send = (message: ToHost): void => api.postMessage(message);
export const change = (changes: Changes, commit = true): void => send({ type: 'change', changes, commit });
export const runCommand = (command: PanelCommand): void => send({ type: 'command', command });

export function loadState(): PageState {
  const state = api.getState() as Partial<PageState> | undefined;
  const open = Array.isArray(state?.open) ? state.open.filter((key) => typeof key === 'string') : [];
  const document = documentOfState(state);
  return { open, scroll: typeof state?.scroll === 'number' ? state.scroll : 0, ...(document === undefined ? {} : { document }) };
}
export const saveState = (state: PageState): void => api.setState(state);
