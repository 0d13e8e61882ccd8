import * as vscode from 'vscode';
import { log } from '../../host/log';
import { writeSetting, type SettingKey, type Settings } from '../../host/settings';
import { readEngine } from '../../shared/engineRun';
import { readKeptChoices, type KeptChoices } from '../../shared/panel/messages';
import type { Changes } from '../../shared/panel/snapshot';
import { chooseTarget } from './chooseTarget';

/** Settings that the panel changes. */
type Draft = Partial<
  Pick<Settings, 'targets' | 'precision' | 'context' | 'batch' | 'kvDtype' | 'engine' | 'engineVersion' | 'engineOptions'>
>;

/** Where the workspace's storage has what is no setting. */
const keptKey = 'panel.choices';

/**
 * What the reader has chosen in a panel. A choice holds at once; when the control comes to rest it is written to the settings,
 * where every other surface follows it, or, if it is the panel's own affair, to the workspace's storage.
 */
export interface Choices extends vscode.Disposable {
  /** The settings with the choices that are not written yet. */
  over(settings: Settings): Settings;
  readonly kept: KeptChoices;
  change(changes: Changes, settings: Settings, commit: boolean): void;
  /** Puts a device in the place of a target that names none. */
  fixTarget(index: number, device: string, settings: Settings): void;
  readonly onDidChange: vscode.Event<void>;
}

export function createChoices(storage: Pick<vscode.Memento, 'get' | 'update'>): Choices {
  const changed = new vscode.EventEmitter<void>();
  let draft: Draft = {};
  let kept = readKeptChoices(storage.get(keptKey));
  let writing: Promise<void> = Promise.resolve();

  function take(more: Draft, commit: boolean): void {
    draft = { ...draft, ...more };
    changed.fire();
    if (commit) writing = writing.then(() => write(more));
  }

  async function write(values: Draft): Promise<void> {
    try {
      for (const [key, value] of Object.entries(values)) {
        // A later choice of the same kind is on its way: this one is not worth a write.
        if (draft[key as keyof Draft] !== value) continue;
        await writeSetting(key as SettingKey, value);
        if (draft[key as keyof Draft] === value) draft = without(draft, key as keyof Draft);
      }
    } catch (error) {
      log().error(`settings: ${String(error)}`);
      void vscode.window.showErrorMessage(vscode.l10n.t('VRAM Lens could not write the settings: {0}', String(error)));
    }
    changed.fire();
  }

  const over = (settings: Settings): Settings => ({
    ...settings,
    ...draft,
    contextIsUsual: settings.contextIsUsual && draft.context === undefined,
  });
  return {
    over,
    get kept() {
      return kept;
    },
    onDidChange: changed.event,
    change(changes, settings, commit) {
      const { device, count, listing, trial, comparing, training, engine, ...others } = changes;
      const own = Object.fromEntries(Object.entries({ listing, trial, comparing, training }).filter(([, value]) => value !== undefined));
      kept = { ...kept, ...(own as Partial<KeptChoices>) };
      if (commit && Object.keys(own).length > 0) void storage.update(keptKey, kept);
      const targets = device === undefined && count === undefined ? {} : { targets: chooseTarget(over(settings), device, count) };
      take({ ...others, ...targets, ...(engine === undefined ? {} : engineDraft(engine, over(settings))) }, commit);
    },
    fixTarget(index, device, settings) {
      const { targets } = over(settings);
      if (index < targets.length) take({ targets: targets.map((target, at) => (at === index ? { ...target, device } : target)) }, true);
    },
    dispose: () => changed.dispose(),
  };
}

/** Another engine; a version and flags that are not its own go. */
function engineDraft(engine: string, { engine: before, engineVersion, engineOptions }: Settings): Draft {
  if (engine === before) return {};
  const reads = engine === 'none' || readEngine({ engine, engineVersion: '', engineOptions }).kind === 'chosen';
  return { ...(engineVersion === '' ? {} : { engineVersion: '' }), ...(reads ? {} : { engineOptions: {} }), engine };
}

const without = (draft: Draft, key: keyof Draft): Draft => Object.fromEntries(Object.entries(draft).filter(([each]) => each !== key));
