import * as vscode from 'vscode';
import type { CheckpointFolder } from '../../checkpointFiles/folder';
import {
  analyzeText,
  checkLog as heldAgainstRules,
  modelOfGguf,
  profileOf,
  type Analysis,
  type DeviceProfile,
  type NumberStyle,
  type StartupLog,
} from '../../engine/index';
import { folderOf } from '../../host/checkpointFolders';
import { keepProfile } from '../../host/deviceProfiles';
import { fileLabel } from '../../host/fileLabel';
import { openMarkdown } from '../../host/openMarkdown';
import type { Services } from '../../host/services';
import { sourceOf, startsIn } from '../../checkpointFiles/readLog';
import { profileFigures } from '../../shared/text/deviceProfiles';
import { logCheckReport } from '../../shared/text/logCheck';

/** Bytes of a log that are read at once. */
const pieceBytes = 2 ** 20;
/** Bytes that are read of a log; a start stands in the first of them or, of the last start, in what can be waited for. */
const mostBytes = 100 * 2 ** 20;

interface Model {
  readonly analysis: Analysis;
  /** Where its shape is from, in words. */
  readonly origin: string;
}

/** Reads a start-up log, finds the model that it is of, and shows what was printed against what the rules say. */
export async function checkLogFile(services: Services, uri?: vscode.Uri): Promise<void> {
  const { t } = vscode.l10n;
  const file = uri ?? (await vscode.window.showOpenDialog({ openLabel: t('Check the log') }))?.[0];
  if (!file) return;
  const name = fileLabel(file);
  const fileName = file.path.slice(file.path.lastIndexOf('/') + 1);
  const read = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, cancellable: true, title: t('Reading {0}', name) },
    (_progress, cancellation) => readLog(folderOf(file), fileName, cancellation),
  );
  if (read === 'cancelled') return;
  const log = read === 'unreadable' ? undefined : read.at(-1);
  if (!log) {
    const text =
      read === 'unreadable'
        ? t('{0} cannot be read here.', name)
        : t('{0} holds no start of vLLM, SGLang, llama.cpp or Ollama that prints its memory.', name);
    void vscode.window.showErrorMessage(text);
    return;
  }
  const model = await modelOf(services, log);
  if (!model) return;
  const check = heldAgainstRules(log, model.analysis);
  if ('problem' in check) {
    void vscode.window.showErrorMessage(t('{0}: {1}', name, check.problem.message));
    return;
  }
  const style = services.estimates.settingsOf(undefined).numbers;
  await openMarkdown(logCheckReport(name, check, model.analysis, model.origin, t, style));
  const profile = profileOf(check, model.analysis, sourceOf(fileName));
  // Not waited for: the report is there, and the question may stay.
  if (profile) void offerProfile(profile, style);
}

async function readLog(
  folder: CheckpointFolder,
  name: string,
  cancellation: vscode.CancellationToken,
): Promise<readonly StartupLog[] | 'cancelled' | 'unreadable'> {
  const size = await folder.size(name);
  if (typeof size !== 'number') return 'unreadable';
  const starts = await startsIn(piecesOf(folder, name, Math.min(size, mostBytes), cancellation));
  return cancellation.isCancellationRequested ? 'cancelled' : starts;
}

async function* piecesOf(
  folder: CheckpointFolder,
  name: string,
  size: number,
  cancellation: vscode.CancellationToken,
): AsyncIterable<Uint8Array> {
  for (let at = 0; at < size && !cancellation.isCancellationRequested; at += pieceBytes) {
    yield await folder.read(name, at, Math.min(pieceBytes, size - at));
    await folder.pause();
  }
}

/** What a GGUF file says of itself; else the config that is open, else one that is chosen. */
async function modelOf({ active, estimates }: Services, log: StartupLog): Promise<Model | undefined> {
  const { t } = vscode.l10n;
  const own = log.model.gguf && modelOfGguf(log.model.gguf);
  if (own) return { analysis: own, origin: t('The shape of the model is from the log itself.') };
  const from = (uri: vscode.Uri): string => t('The shape of the model is from {0}.', fileLabel(uri));
  const open = active.get();
  if (open) return { analysis: open.estimate.analysis, origin: from(open.document.uri) };
  const named = log.model.name?.slice(0, 80) ?? t('the model');
  const [chosen] =
    (await vscode.window.showOpenDialog({ title: t('The config.json of {0}', named), openLabel: t('Use this config') })) ?? [];
  if (!chosen) return undefined;
  const document = await vscode.workspace.openTextDocument(chosen);
  const known = estimates.get(document);
  if (known) return { analysis: known.estimate.analysis, origin: from(chosen) };
  const { result } = analyzeText(document.getText());
  if (result.kind === 'model') return { analysis: result, origin: from(chosen) };
  void vscode.window.showErrorMessage(t('{0} is no config of a model that is known.', fileLabel(chosen)));
  return undefined;
}

/** Asks whether what is this machine's own is kept for later estimates, which follow it at once. */
async function offerProfile(profile: DeviceProfile, style: NumberStyle): Promise<void> {
  const { t } = vscode.l10n;
  const keep = t('Keep as Its Profile');
  const figures = profileFigures(profile, t, style);
  const question = t('The log shows {0} of {1}. Later estimates can take that as measured here.', figures, profile.device);
  if ((await vscode.window.showInformationMessage(question, keep)) === keep) await keepProfile(profile);
}
