import type { PanelCommand, ToHost } from '../../src/shared/panel/messages';
import type { Changes } from '../../src/shared/panel/snapshot';

interface WebviewApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): WebviewApi;

/** What the page keeps of itself while it is hidden: nothing about the model. */
export interface PageState {
  /** Keys of opened explanations. */
  readonly open: readonly string[];
  readonly scroll: number;
}

const api = acquireVsCodeApi();

export const send = (message: ToHost): void => api.postMessage(message);
export const change = (changes: Changes, commit = true): void => send({ type: 'change', changes, commit });
export const runCommand = (command: PanelCommand): void => send({ type: 'command', command });

export function loadState(): PageState {
  const state = api.getState() as Partial<PageState> | undefined;
  const open = Array.isArray(state?.open) ? state.open.filter((key) => typeof key === 'string') : [];
  return { open, scroll: typeof state?.scroll === 'number' ? state.scroll : 0 };
}
export const saveState = (state: PageState): void => api.setState(state);
