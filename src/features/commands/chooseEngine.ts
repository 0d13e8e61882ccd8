import * as vscode from 'vscode';
import { engines, readFlags, type Engine, type FlagValues, type JsonObject } from '../../engine/index';
import { runAskedOf } from '../../host/engineAnswer';
import type { Services } from '../../host/services';
import { writeSetting, type Settings } from '../../host/settings';
import { defaultsOf, engineReach, engineRun, readEngine, type ChosenEngine } from '../../shared/engineRun';
import { engineLine } from '../../shared/text/engineRuns';
import { engineProblemText, flagValueText, kindText, versionText } from '../../shared/text/engineTerms';

/** The engine, its version and its usual flags, one after the other; Escape keeps what was chosen so far. */
export async function chooseEngine(services: Services): Promise<void> {
  const chosen = await pickEngine(services);
  if (!chosen) return;
  if (!(await pickVersion(services, chosen))) return;
  while (await changeFlag(services, chosen));
}

interface EngineItem extends vscode.QuickPickItem {
  /** undefined: none. */
  readonly engine: Engine | undefined;
}

const settingsOf = ({ active, estimates }: Services): Settings => active.get()?.settings ?? estimates.settingsOf(undefined);

async function pickEngine(services: Services): Promise<Engine | undefined> {
  const { t } = vscode.l10n;
  const settings = settingsOf(services);
  const now = readEngine(settings);
  const isNow = (engine: Engine | undefined): boolean =>
    engine ? now.kind === 'chosen' && now.engine.id === engine.id : now.kind === 'none';
  const itemOf = (engine: Engine | undefined): EngineItem => ({
    label: engine?.title ?? t('None'),
    description: isNow(engine) ? t('chosen') : '',
    detail: engine
      ? answerText(services, { engine, version: undefined, options: isNow(engine) && now.kind === 'chosen' ? now.options : {} })
      : t('Weights, cache and an allowance for the rest'),
    engine,
  });
  const item = await vscode.window.showQuickPick<EngineItem>([undefined, ...engines].map(itemOf), {
    placeHolder: t('Serving engine that memory is told for'),
    matchOnDetail: true,
  });
  if (!item) return undefined;
  await useEngine(item.engine, settings);
  return item.engine;
}

/** How far an engine goes with the config in front; empty without one. */
function answerText({ active }: Services, chosen: ChosenEngine): string {
  const estimated = active.get();
  if (!estimated) return '';
  const { analysis } = estimated.estimate;
  const asked = runAskedOf(estimated);
  const run = engineRun(analysis, chosen, asked);
  const { numbers } = estimated.settings;
  if (run.problem) return engineProblemText(run.problem, vscode.l10n.t, numbers);
  return engineLine(run, engineReach(analysis, chosen, asked), asked.target, asked.context, vscode.l10n.t, numbers);
}

/** Writes an engine; a version and flags that are another engine's go with it. */
async function useEngine(engine: Engine | undefined, settings: Settings): Promise<void> {
  const id = engine?.id ?? 'none';
  if (id === settings.engine) return;
  if (settings.engineVersion !== '') await writeSetting('engineVersion', undefined);
  if (engine && !reads(engine, settings.engineOptions)) await writeSetting('engineOptions', undefined);
  await writeSetting('engine', id);
}

const reads = (engine: Engine, options: unknown): boolean =>
  readEngine({ engine: engine.id, engineVersion: '', engineOptions: options }).kind === 'chosen';

/** `false` when the person gives up. */
async function pickVersion(services: Services, engine: Engine): Promise<boolean> {
  const { t } = vscode.l10n;
  const { engineVersion } = settingsOf(services);
  const items = [
    { label: versionText(engine.id, engine.newest), description: t('the newest that is known'), version: '' },
    ...(engineVersion === '' ? [] : [{ label: engineVersion, description: t('chosen'), version: engineVersion }]),
    { label: t('Another version…'), description: t('rules hold from {0} on', engine.oldest), version: undefined },
  ];
  const item = await vscode.window.showQuickPick<{ label: string; description: string; version: string | undefined }>(items, {
    placeHolder: t('Version of {0}', engine.title),
  });
  if (!item) return false;
  const version =
    item.version ??
    (await vscode.window.showInputBox({
      prompt: t('Version of {0}', engine.title),
      value: engineVersion,
      validateInput: (text) => versionProblem(services, engine, text.trim()),
    }));
  if (version === undefined) return false;
  if (version.trim() !== engineVersion) await writeSetting('engineVersion', version.trim() || undefined);
  return true;
}

/** Asked of the engine itself, which alone knows how its versions are written. */
function versionProblem({ active }: Services, engine: Engine, version: string): string | undefined {
  const estimated = active.get();
  if (!estimated || version === '') return undefined;
  const { problem } = engineRun(estimated.estimate.analysis, { engine, version, options: {} }, runAskedOf(estimated));
  return problem?.code === 'version-unknown' ? engineProblemText(problem, vscode.l10n.t, estimated.settings.numbers) : undefined;
}

interface FlagItem extends vscode.QuickPickItem {
  /** undefined: another one. */
  readonly flag?: string;
  readonly done?: true;
}

/** Lets one flag be changed; `false` when the person is done. */
async function changeFlag(services: Services, engine: Engine): Promise<boolean> {
  const { t } = vscode.l10n;
  const settings = settingsOf(services);
  const choice = readEngine({ ...settings, engine: engine.id });
  const own: FlagValues = choice.kind === 'chosen' ? choice.options : {};
  const items: FlagItem[] = [
    { label: `$(check) ${t('Done')}`, description: choice.kind === 'chosen' ? answerText(services, choice) : '', done: true },
    { label: t('Flags of {0}', engine.title), kind: vscode.QuickPickItemKind.Separator },
    ...flagItems(services, choice.kind === 'chosen' ? choice : { engine, version: undefined, options: own }),
    { label: t('Another flag…') },
  ];
  const item = await vscode.window.showQuickPick(items, { placeHolder: t('Pick a flag to change it') });
  if (!item || item.done) return false;
  const flag = item.flag ?? (await nameOfFlag(engine));
  if (flag === undefined) return true;
  const value = await valueOfFlag(engine, flag, own, settings);
  if (value === undefined) return true;
  const others = Object.fromEntries(Object.entries(own).filter(([name]) => name !== flag));
  const options = value === '' ? others : { ...others, [flag]: value };
  const read = readFlags(engine.flags, options as JsonObject);
  if ('values' in read) await writeSetting('engineOptions', Object.keys(read.values).length === 0 ? undefined : read.values);
  return true;
}

/** The usual flags and those that are set, with what they are and whose value that is. */
function flagItems({ active }: Services, chosen: ChosenEngine): readonly FlagItem[] {
  const { t } = vscode.l10n;
  const estimated = active.get();
  const asked = estimated && runAskedOf(estimated);
  const run = estimated && asked && engineRun(estimated.estimate.analysis, chosen, asked);
  const defaults: FlagValues = estimated && asked ? defaultsOf(estimated.estimate.analysis, chosen.engine, chosen.version, asked) : {};
  const origins = { own: t('yours'), estimate: t('by the estimate'), default: t('default') };
  if (!run?.flags.length)
    return Object.entries(chosen.options).map(([flag, value]) => ({
      label: flag,
      description: `${flagValueText(value)} · ${origins.own}`,
      flag,
    }));
  return run.flags.map(({ name, value, origin }) => {
    const usual = defaults[name];
    const beside = origin === 'default' || usual === undefined ? '' : ` · ${t('default {0}', flagValueText(usual))}`;
    return { label: name, description: `${flagValueText(value)} · ${origins[origin]}${beside}`, flag: name };
  });
}

const nameOfFlag = (engine: Engine): Thenable<string | undefined> =>
  vscode.window.showQuickPick(
    Object.entries(engine.flags)
      .filter(([, { idle }]) => idle !== true)
      .map(([flag]) => flag),
    { placeHolder: vscode.l10n.t('Flags of {0} that change its memory', engine.title) },
  );

/** A value as it is typed, empty to unset the flag; what does not do is said while it is typed. */
function valueOfFlag(engine: Engine, flag: string, own: FlagValues, { numbers }: Settings): Thenable<string | undefined> {
  const { t } = vscode.l10n;
  const kind = engine.flags[flag]?.value;
  const now = own[flag];
  return vscode.window.showInputBox({
    title: flag,
    prompt: [kind && kindText(kind, t, numbers), t('empty: not set')].filter((part) => part !== undefined).join('; '),
    value: now === undefined ? '' : flagValueText(now),
    validateInput: (text) => {
      if (text.trim() === '') return undefined;
      const read = readEngine({ engine: engine.id, engineVersion: '', engineOptions: { [flag]: text.trim() } });
      return read.kind === 'wrong' ? engineProblemText(read.problem, t, numbers) : undefined;
    },
  });
}
