import * as vscode from 'vscode';
import type { KeyInsight } from '../../engine/index';
import { engineLineOf } from '../../host/engineAnswer';
import type { Estimated } from '../../host/estimates';
import { insightsOf, quantInsightAt } from '../../host/insights';
import { guarded } from '../../host/log';
import { configSelector, type Services } from '../../host/services';
import { keyHover, modelHover } from '../../shared/text/hovers';
import { escapeMarkdown } from '../../shared/text/report';
import { smallestNames } from './smallest';

/** Keys whose hover is the whole model. */
const modelKeys = new Set(['model_type', 'architectures']);

/** The only commands that a hover may run. */
const trusted = {
  enabledCommands: ['vramLens.openPanel', 'vramLens.whichHardware', 'vramLens.setContextBatch', 'vramLens.deviceProfiles'],
};

/** Explains the key under the pointer; on the first brace, model_type and architectures the whole model. */
export function registerHover({ estimates }: Services): vscode.Disposable {
  return vscode.languages.registerHoverProvider(configSelector, {
    provideHover: (document, position) =>
      guarded('hover', () => {
        const estimated = estimates.get(document);
        return estimated?.settings.hover ? hoverAt(estimated, document, position) : undefined;
      }),
  });
}

function hoverAt(estimated: Estimated, document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const { reading, estimate, settings } = estimated;
  const { t } = vscode.l10n;
  const path = reading.current.document.pathAt(document.offsetAt(position));
  const top = path[0];
  const firstBrace = document.getText(new vscode.Range(position, position.translate(0, 1))) === '{' && path.every((part) => part === '');
  if (firstBrace || (typeof top === 'string' && modelKeys.has(top))) {
    const text = modelHover(estimate, (precision) => smallestNames(estimate, precision), reading.stale, t, settings.numbers);
    const engine = engineLineOf(estimated, t);
    const range = firstBrace ? undefined : reading.locate([top ?? ''])?.key;
    return new vscode.Hover(
      markdown(
        engine === undefined ? `${text}\n\n` : `${text}\n\n${escapeMarkdown(engine)}\n\n`,
        document.uri,
        estimated.targets.targets.some(({ device }) => device.profiles !== undefined),
      ),
      range,
    );
  }
  const isHere = (each: KeyInsight): boolean =>
    each.path.length <= path.length && each.path.every((part, index) => part === path[index]) && !isDeeper(each.path, path, estimated);
  const insight = insightsOf(estimated).find(isHere) ?? quantInsightAt(estimated, path, isHere);
  const place = insight && reading.locate(insight.path);
  if (!insight || !place) return undefined;
  const text = keyHover(insight, estimate.analysis, reading.stale, t, settings.numbers);
  return new vscode.Hover(markdown(`${text} · `, document.uri), place.key);
}

/** A key inside a section has its own hover, or none: not that of the section around it. */
function isDeeper(of: readonly string[], at: readonly (string | number)[], { reading }: Estimated): boolean {
  const next = at[of.length];
  return typeof next === 'string' && next !== '' && reading.locate([...of, next]) !== undefined;
}

/** Our links stand after the text, which ends with what parts them. */
function markdown(text: string, uri: vscode.Uri, hasProfiles = false): vscode.MarkdownString {
  const argument = encodeURIComponent(JSON.stringify([uri.toString()]));
  const links = [
    `[${vscode.l10n.t('Try in panel')}](command:vramLens.openPanel?${argument})`,
    `[${vscode.l10n.t('Which hardware fits')}](command:vramLens.whichHardware?${argument})`,
    `[${vscode.l10n.t('Context and batch')}](command:vramLens.setContextBatch)`,
    ...(hasProfiles ? [`[${vscode.l10n.t('Device profiles…')}](command:vramLens.deviceProfiles)`] : []),
  ];
  const result = new vscode.MarkdownString(text + links.join(' · '));
  result.isTrusted = trusted;
  return result;
}
