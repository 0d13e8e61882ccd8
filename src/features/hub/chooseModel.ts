import * as vscode from 'vscode';
import type { HubEndpoint } from '../../hub/endpoint';
import { formatReference, parseReference, type ModelReference } from '../../hub/reference';
import { forgetModel, recentModels } from './recentModels';
import { referenceProblemText } from './texts';

interface Item extends vscode.QuickPickItem {
  /** `undefined` for a line that only says what is wrong. */
  readonly model?: ModelReference;
}

/** Asks for a model: typed, pasted, or one of the last ones. Nothing is looked up while typing. */
export function chooseModel(context: vscode.ExtensionContext, endpoint: HubEndpoint): Promise<ModelReference | undefined> {
  const { t } = vscode.l10n;
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = t('Open a model from {0}', endpoint.host);
  pick.placeholder = t('org/model, org/model@revision, or the address of its page');
  const forget: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('close'), tooltip: t('Forget this model') };

  function modelNamed(text: string): ModelReference | undefined {
    const parsed = parseReference(text, endpoint);
    return parsed.kind === 'model' ? parsed.model : undefined;
  }
  function recentItems(): readonly Item[] {
    return recentModels(context, endpoint).flatMap((name) => {
      const model = modelNamed(name);
      return model ? [{ label: name, model, buttons: [forget] }] : [];
    });
  }
  function refresh(): void {
    const recent = recentItems();
    const parsed = parseReference(pick.value, endpoint);
    if (parsed.kind === 'problem' && parsed.problem === 'empty') {
      pick.items = recent;
      return;
    }
    const typed: Item =
      parsed.kind === 'model'
        ? { label: formatReference(parsed.model), description: t('fetch its config.json'), model: parsed.model, alwaysShow: true }
        : { label: `$(info) ${referenceProblemText(parsed.problem, endpoint, t)}`, alwaysShow: true };
    pick.items = [typed, ...recent.filter(({ label }) => label !== typed.label)];
  }

  refresh();
  return new Promise((resolve) => {
    pick.onDidChangeValue(refresh);
    pick.onDidTriggerItemButton(async ({ item }) => {
      await forgetModel(context, endpoint, item.label);
      refresh();
    });
    pick.onDidAccept(() => {
      // whoever types and presses Enter at once is ahead of the list
      const model = pick.selectedItems[0] ? pick.selectedItems[0].model : modelNamed(pick.value);
      if (!model) return;
      resolve(model);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
