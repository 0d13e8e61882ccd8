import * as vscode from 'vscode';
import { cacheDtypes, cacheOf, findEngine, formatBytes, formatNumber } from '../../engine/index';
import type { Services } from '../../host/services';
import { writeSetting } from '../../host/settings';
import { longLabel } from '../../shared/text/precisions';
import { deviceText } from '../../shared/text/summary';

/** Contexts that are offered, up to the model's own limit; any other can be typed. */
const contexts = [2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 1_048_576] as const;
const batches = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** What the estimate is made for, one thing at a time, each with its present value. */
export async function setContextBatch(services: Services): Promise<void> {
  const { t } = vscode.l10n;
  const estimated = services.active.get();
  const settings = estimated?.settings ?? services.estimates.settingsOf(undefined);
  const auto = estimated ? `auto (${estimated.estimate.kvDtype})` : 'auto';
  const number = (value: number): string => formatNumber(value, 0, settings.numbers);
  const step = await vscode.window.showQuickPick(
    [
      { label: t('Context'), description: number(settings.context), run: () => setContext(services) },
      { label: t('Batch'), description: number(settings.batch), run: () => setBatch(services) },
      {
        label: t('Type of cached keys and values'),
        description: settings.kvDtype === 'auto' ? auto : settings.kvDtype,
        run: () => setKvDtype(services),
      },
      {
        label: t('Precision'),
        description: settings.precision === 'checkpoint' ? t('as the file says') : longLabel(settings.precision),
        run: () => vscode.commands.executeCommand('vramLens.estimateAt'),
      },
      {
        label: t('Target hardware'),
        description: settings.targets.map(({ device, count }) => deviceText(device, count)).join(', '),
        run: () => vscode.commands.executeCommand('vramLens.chooseTargets'),
      },
      {
        label: t('Serving engine'),
        description:
          settings.engine === 'none'
            ? t('None')
            : [findEngine(settings.engine)?.title ?? settings.engine, settings.engineVersion].join(' '),
        run: () => vscode.commands.executeCommand('vramLens.chooseEngine'),
      },
    ],
    { placeHolder: t('What the estimate is made for') },
  );
  await step?.run();
}

async function setContext({ active, estimates }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const estimated = active.get();
  const settings = estimated?.settings ?? estimates.settingsOf(undefined);
  const limit = estimated?.estimate.analysis.contextLimit ?? null;
  const offered = [...new Set([...contexts.filter((context) => limit === null || context < limit), ...(limit === null ? [] : [limit])])];
  const cost = (context: number): string => {
    if (!estimated) return '';
    const { analysis, cache, kvDtype } = estimated.estimate;
    return t('cache {0}', formatBytes(cacheOf(analysis, context, cache.batch, kvDtype).bytes, settings.numbers));
  };
  await pickNumber(
    'context',
    offered.map((value) => ({ value, description: cost(value) + (value === limit ? ` · ${t("the model's limit")}` : '') })),
    t('Tokens per sequence'),
  );
}

async function setBatch({ active, estimates }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const estimated = active.get();
  const settings = estimated?.settings ?? estimates.settingsOf(undefined);
  const cost = (batch: number): string => {
    if (!estimated) return '';
    const { analysis, cache, kvDtype } = estimated.estimate;
    return t('cache {0}', formatBytes(cacheOf(analysis, cache.context, batch, kvDtype).bytes, settings.numbers));
  };
  await pickNumber(
    'batch',
    batches.map((value) => ({ value, description: cost(value) })),
    t('Sequences at once'),
  );
}

async function setKvDtype(_services: Services): Promise<void> {
  const chosen = await vscode.window.showQuickPick(['auto', ...cacheDtypes], {
    placeHolder: vscode.l10n.t('Type of cached keys and values'),
  });
  if (chosen) await writeSetting('kvDtype', chosen);
}

/** Offers numbers and takes any other whole one that is typed. */
async function pickNumber(
  key: 'context' | 'batch',
  offered: readonly { value: number; description: string }[],
  title: string,
): Promise<void> {
  const { t } = vscode.l10n;
  const other = { label: t('Another number…'), description: '', value: undefined };
  const items = [
    ...offered.map(({ value, description }) => ({ label: value.toLocaleString(vscode.env.language), description, value })),
    other,
  ];
  const chosen = await vscode.window.showQuickPick<{ label: string; description: string; value: number | undefined }>(items, {
    placeHolder: title,
  });
  if (!chosen) return;
  const valid = (text: string): boolean => /^\d{1,12}$/.test(text.trim()) && Number(text) >= 1;
  const typed =
    chosen.value ??
    Number(
      await vscode.window.showInputBox({
        prompt: title,
        validateInput: (text) => (valid(text) ? undefined : t('A whole number from 1 up')),
      }),
    );
  if (Number.isInteger(typed) && typed >= 1) await writeSetting(key, typed);
}
