import * as vscode from 'vscode';
import {
  formatBytes,
  formatNumber,
  formatShare,
  layoutAt,
  layoutOfMembers,
  type Basis,
  type NumberStyle,
  type StoredEntry,
} from '../../engine/index';
import type { CommandHandler } from '../../activation/contributions';
import { debounce } from '../../host/debounce';
import type { Estimated } from '../../host/estimates';
import { fileLabel } from '../../host/fileLabel';
import { guarded } from '../../host/log';
import type { Services } from '../../host/services';
import { keepReasons } from '../../shared/text/keepReasons';
import { longLabel } from '../../shared/text/precisions';
import { basisText, componentNames } from '../../shared/text/report';
import { explorerTree, tabSeparated, totalBytes, type Cut, type Node, type TensorNode, type TreeSettings } from './tree';

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
  let shown: { readonly estimated: Estimated; readonly nodes: readonly Node[] } | undefined;

  const provider: vscode.TreeDataProvider<Node> = {
    onDidChangeTreeData: changed.event,
    getChildren: (node) => [...(node === undefined ? (shown?.nodes ?? []) : node.kind === 'tensor' ? [] : node.children())],
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
    const { analysis } = estimate;
    const { presetOptions = {} } = estimate.settings;
    const { entries, basis } = layoutAt(analysis, precision.precision, presetOptions);
    const cut: Cut = (at, groups) => layoutOfMembers(analysis, precision.precision, presetOptions, at, groups);
    shown = { estimated, nodes: explorerTree(entries, settings, cut) };
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
  const style = estimated?.settings.numbers;
  if (node.kind === 'tensor') return tensorItem(node, style);
  const item = new vscode.TreeItem(labelOf(node, style), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = node.id;
  const told = [formatBytes(node.bytes, style), formatShare(node.share, style), ...moreOf(node, style)];
  item.description = told.join(' · ');
  // The side bar is narrow, and what tells a layer from others stands last.
  item.tooltip = [item.label, ...told].join('\n');
  item.iconPath = new vscode.ThemeIcon(folderIcon(node));
  item.contextValue = node.kind;
  return item;
}

type Folder = Exclude<Node, TensorNode>;

function labelOf(node: Folder, style: NumberStyle | undefined): string {
  const { t } = vscode.l10n;
  switch (node.kind) {
    case 'component':
      return componentNames(t)[node.component];
    case 'stack':
      return node.path;
    case 'together':
      return t('all {0} together', formatNumber(node.count, 0, style));
    case 'range':
      return `${node.module} ${node.first}–${node.last}`;
    case 'member':
      return `${node.module} ${node.first}`;
  }
}

/** Beside the size: how many modules, or which types are in some of them. */
function moreOf(node: Folder, style: NumberStyle | undefined): readonly string[] {
  if (node.kind === 'stack') return [`× ${formatNumber(node.count, 0, style)}`];
  if (node.kind !== 'range' && node.kind !== 'member') return [];
  return [node.types.join(', '), ...(node.differs ? [vscode.l10n.t('unlike the one before')] : [])];
}

function folderIcon(node: Folder): string {
  if (node.kind === 'component') return 'symbol-module';
  if (node.kind === 'together') return 'combine';
  if (node.kind === 'member') return node.differs ? 'diff' : 'symbol-namespace';
  return 'layers';
}

function tensorItem({ entry, label, bytes, share }: TensorNode, style: NumberStyle | undefined): vscode.TreeItem {
  const { t } = vscode.l10n;
  const copies = entry.copies > 1 ? ` × ${formatNumber(entry.copies, 0, style)}` : '';
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
  // The side bar is narrow: type and cost come before the shape.
  item.description = `${entry.dtype} · ${formatBytes(bytes, style)} · ${formatShare(share, style)} · [${entry.shape.join(', ')}]${copies}`;
  item.iconPath = new vscode.ThemeIcon(iconOf(entry));
  item.contextValue = 'tensor';
  item.tooltip = [
    entry.name,
    `${entry.dtype} [${entry.shape.join(', ')}]`,
    t('{0} bytes each{1} = {2} bytes', formatNumber(entry.bytes, 0, style), copies, formatNumber(bytes, 0, style)),
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
