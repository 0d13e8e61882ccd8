import * as vscode from 'vscode';
import { readProfile, type DeviceProfile, type JsonValue, type NumberStyle } from '../../engine/index';
import { keepProfile, keptProfiles, removeProfile } from '../../host/deviceProfiles';
import { fileLabel } from '../../host/fileLabel';
import type { Services } from '../../host/services';
import { originText, profileFigures } from '../../shared/text/deviceProfiles';

interface ProfileItem extends vscode.QuickPickItem {
  readonly profile?: DeviceProfile;
  readonly run?: () => Thenable<unknown>;
}

/** What start-up logs showed of the person's devices: one is removed by choosing it, and others can be added. */
export async function deviceProfiles({ estimates }: Services): Promise<void> {
  const { t } = vscode.l10n;
  const style = estimates.settingsOf(undefined).numbers;
  const kept = keptProfiles();
  const chosen = await vscode.window.showQuickPick<ProfileItem>(
    [
      ...kept.map((profile) => itemOf(profile, style)),
      ...(kept.length === 0 ? [] : [{ label: '', kind: vscode.QuickPickItemKind.Separator }]),
      { label: `$(add) ${t('Check a start-up log…')}`, run: () => vscode.commands.executeCommand('vramLens.checkLog') },
      { label: `$(add) ${t('Take over a profile that "vram-lens check" saved…')}`, run: takeOver },
    ],
    {
      title: t('Measured here'),
      placeHolder: kept.length === 0 ? t('No start-up log has shown anything of a device yet') : t('Choose a profile to remove it'),
      matchOnDetail: true,
    },
  );
  if (chosen?.profile) await remove(chosen.profile);
  else await chosen?.run?.();
}

function itemOf(profile: DeviceProfile, style: NumberStyle): ProfileItem {
  const { t } = vscode.l10n;
  return { label: profile.device, description: profileFigures(profile, t, style), detail: originText(profile, t), profile };
}

async function remove(profile: DeviceProfile): Promise<void> {
  const { t } = vscode.l10n;
  await removeProfile(profile);
  const undo = t('Undo');
  // Not waited for: the command is done, and the message may stay.
  const said = vscode.window.showInformationMessage(
    t('Estimates for {0} no longer follow {1}.', profile.device, originText(profile, t)),
    undo,
  );
  void said.then((answer) => (answer === undo ? keepProfile(profile) : undefined));
}

async function takeOver(): Promise<void> {
  const { t } = vscode.l10n;
  const [file] = (await vscode.window.showOpenDialog({ openLabel: t('Take over'), filters: { JSON: ['json'] } })) ?? [];
  if (!file) return;
  const profile = profileIn(new TextDecoder().decode(await vscode.workspace.fs.readFile(file)));
  if (profile) await keepProfile(profile);
  else void vscode.window.showErrorMessage(t('{0} is no profile that "vram-lens check --save-profile" wrote.', fileLabel(file)));
}

function profileIn(text: string): DeviceProfile | undefined {
  try {
    return readProfile(JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}
