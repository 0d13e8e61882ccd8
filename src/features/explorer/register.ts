import * as vscode from 'vscode';
import { formatBytes, formatNumber, formatShare, layoutAt, type Basis, type StoredEntry } from '../../engine/index';
import type { CommandHandler } from '../../activation/contributions';
import { debounce } from '../../host/debounce';
import type { Estimated } from '../../host/estimates';
import { fileLabel } from '../../host/fileLabel';
import { guarded } from '../../host/log';
import type { Services } from '../../host/services';
import { keepReasons } from '../../shared/text/keepReasons';
import { longLabel } from '../../shared/text/precisions';
import { basisText, componentNames } from '../../shared/text/report';
import { explorerTree, tabSeparated, totalBytes, type Node, type TreeSettings } from './tree';

const viewId = 'vramLens.explorer';
/** Key context: there is a model whose tensors can be shown. */
const contextKey = 'vramLens.hasModel';

export interface Explorer extends vscode.Disposable {
  readonly commands: Readonly<Record<string, CommandHandler>>;
}

/** The tensors of the active config at the chosen precision: by component, layers and tensor. */
export function registerExplorer({ active }: Services): Explorer {
  const { t } = vscode.l10n;
  const changed = new vscode.EventEmitter<undefined>();
  let settings: TreeSettings = { order: 'size', filter: '' };
  let shown: { readonly estimated: Estimated; readonly entries: readonly StoredEntry[]; readonly nodes: readonly Node[] } | undefined;

  const provider: vscode.TreeDataProvider<Node> = {
    onDidChangeTreeData: changed.event,
    getChildren: (node) => [...(node === undefined ? (shown?.nodes ?? []) : node.kind === 'tensor' ? [] : node.children)],
    getTreeItem: (node) => itemOf(node, shown?.estimated),
  };
  const view = vscode.window.createTreeView(viewId, { treeDataProvider: provider, showCollapseAll: true, canSelectMany: true });

  function show(): void {
    const estimated = active.get();
    void vscode.commands.executeCommand('setContext', contextKey, estimated !== undefined);
    void vscode.commands.executeCommand('setContext', 'vramLens.explorer.filtered', settings.filter !== '');
    if (!estimated) shown = undefined;
    else if (view.visible) fill(estimated);
    changed.fire(undefined);
  }

  function fill(estimated: Estimated): void {
    const { estimate, settings: chosen, reading } = estimated;
    const precision = estimate.weights.find((each) => each.precision === chosen.precision) ?? estimate.weights[0];
    if (!precision) return;
    const { entries, basis } = layoutAt(estimate.analysis, precision.precision, estimate.settings.presetOptions);
    shown = { estimated, entries, nodes: explorerTree(entries, settings) };
    view.description = `${longLabel(precision.scheme)} · ${formatBytes(totalBytes(entries), chosen.numbers)}`;
    view.message = messageOf(fileLabel(estimated.document.uri), shown.nodes.length, settings.filter, reading.stale, basis);
  }

  const run = debounce(() => guarded('explorer', show));
  show();
  const disposables = vscode.Disposable.from(changed, view, run, active.onDidChange(run), view.onDidChangeVisibility(run));
  const copy = async (node: Node | undefined, selected: readonly Node[] | undefined): Promise<void> => {
    const nodes = selected && selected.length > 0 ? selected : node ? [node] : (shown?.nodes ?? []);
    await vscode.env.clipboard.writeText(tabSeparated(nodes));
    vscode.window.setStatusBarMessage(t('Tensors copied, columns separated by tabs'), 3000);
  };
  const change = (more: Partial<TreeSettings>): void => {
    settings = { ...settings, ...more };
    show();
  };
  return {
    commands: {
      'vramLens.explorer.sortBySize': () => change({ order: 'size' }),
      'vramLens.explorer.sortByFile': () => change({ order: 'file' }),
      'vramLens.explorer.filter': async () => {
        const filter = await vscode.window.showInputBox({
          prompt: t('Words that a tensor’s name, type or component must hold; empty shows everything'),
          value: settings.filter,
        });
        if (filter !== undefined) change({ filter: filter.trim() });
      },
      'vramLens.explorer.clearFilter': () => change({ filter: '' }),
      'vramLens.explorer.copy': copy as CommandHandler,
    },
    dispose: () => disposables.dispose(),
  };
}

function messageOf(file: string, rows: number, filter: string, stale: boolean, basis: Basis): string {
  const { t } = vscode.l10n;
  return [
    file,
    basisText(basis, t),
    ...(stale ? [t('Figures from before this edit: the JSON is incomplete.')] : []),
    ...(filter === '' ? [] : [rows > 0 ? t('Only what holds "{0}"', filter) : t('Nothing holds "{0}"', filter)]),
  ].join(' · ');
}

function itemOf(node: Node, estimated: Estimated | undefined): vscode.TreeItem {
  const { t } = vscode.l10n;
  const style = estimated?.settings.numbers;
  const size = formatBytes(node.bytes, style);
  const share = formatShare(node.share, style);
  if (node.kind !== 'tensor') {
    const label = node.kind === 'component' ? componentNames(t)[node.component] : node.path;
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = node.kind === 'component' ? node.component : `${node.component}/${node.path}`;
    item.description = `${size} · ${share}`;
    item.iconPath = new vscode.ThemeIcon(node.kind === 'component' ? 'symbol-module' : 'layers');
    item.contextValue = node.kind;
    return item;
  }
  const { entry, label } = node;
  const copies = entry.copies > 1 ? ` × ${formatNumber(entry.copies, 0, style)}` : '';
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
  // The side bar is narrow: type and cost come before the shape.
  item.description = `${entry.dtype} · ${size} · ${share} · [${entry.shape.join(', ')}]${copies}`;
  item.iconPath = new vscode.ThemeIcon(iconOf(entry));
  item.contextValue = 'tensor';
  item.tooltip = [
    entry.name,
    `${entry.dtype} [${entry.shape.join(', ')}]`,
    t('{0} bytes each{1} = {2} bytes', formatNumber(entry.bytes, 0, style), copies, formatNumber(node.bytes, 0, style)),
    whyOf(entry),
  ].join('\n');
  return item;
}

const iconOf = ({ part, scheme }: StoredEntry): string =>
  part === 'text' ? 'symbol-string' : part === 'overhead' ? 'symbol-ruler' : typeof scheme === 'string' ? 'symbol-field' : 'package';

/** Why a tensor is stored as it is. */
function whyOf({ part, scheme }: StoredEntry): string {
  const { t } = vscode.l10n;
  if (typeof scheme === 'string') return scheme === 'not-quantized' ? keepReasons(t)[scheme] : t('left alone: {0}', keepReasons(t)[scheme]);
  if (part === 'text') return t('text whose length depends on the data: estimated');
  return part === 'overhead' ? t('beside the packed values of {0}', scheme.name) : t('packed by {0}', scheme.name);
}
