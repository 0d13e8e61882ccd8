import * as vscode from 'vscode';
import type { Services } from '../../host/services';
import { writeSetting, type TargetSetting } from '../../host/settings';
import { shownChoices, targetChoices, targetsFrom, withCount, type ShownChoice, type TargetChoice } from './targetChoices';

interface ChoiceItem extends vscode.QuickPickItem {
  /** undefined: the title of a group. */
  readonly choice?: TargetChoice;
}

/**
 * Marks the devices that count, each with what it can do for the config in front; the buttons of a line change how many of
 * them the model is spread over. Present targets are marked from the start and stay unless they are unmarked.
 */
export async function chooseTargets({ estimates, active }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const estimated = active.get();
  const settings = estimated?.settings ?? estimates.settingsOf(vscode.window.activeTextEditor?.document);
  const more: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('add'), tooltip: t('One more of them') };
  const fewer: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('remove'), tooltip: t('One fewer of them') };
  const itemOf = ({ choice, label, description }: ShownChoice): ChoiceItem => ({
    label,
    description,
    ...(choice.device ? { buttons: [fewer, more] } : {}),
    choice,
  });
  const itemsOf = (choices: readonly TargetChoice[]): readonly ChoiceItem[] =>
    shownChoices(choices, estimated?.estimate, settings, t).flatMap(({ title, items }) => [
      { label: title, kind: vscode.QuickPickItemKind.Separator },
      ...items.map(itemOf),
    ]);

  let choices = targetChoices(settings);
  const pick = vscode.window.createQuickPick<ChoiceItem>();
  pick.title = t('Target hardware');
  pick.placeholder = t('Mark the devices that you care about; + and − change how many');
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.keepScrollPosition = true;
  pick.items = itemsOf(choices);
  pick.selectedItems = pick.items.filter(({ choice }) => choice?.place !== undefined);
  pick.onDidTriggerItemButton(({ item, button }) => {
    const before = item.choice;
    if (!before) return;
    const after = withCount(before, button === more ? 1 : -1);
    const marked = new Set(pick.selectedItems.map(({ choice }) => (choice === before ? after : choice)));
    if (button === more) marked.add(after);
    choices = choices.map((choice) => (choice === before ? after : choice));
    pick.items = itemsOf(choices);
    pick.selectedItems = pick.items.filter(({ choice }) => choice && marked.has(choice));
    pick.activeItems = pick.items.filter(({ choice }) => choice === after);
  });
  const targets = await new Promise<readonly TargetSetting[] | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(targetsFrom(pick.selectedItems.flatMap(({ choice }) => choice ?? []))));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  });
  pick.dispose();
  if (targets) await writeSetting('targets', targets);
}
