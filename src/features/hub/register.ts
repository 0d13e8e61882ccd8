import * as vscode from 'vscode';
import type { Contributions } from '../../activation/contributions';
import { hubScheme } from '../../activation/hubFileSystem';
import type { Services } from '../../host/services';
import { formatReference } from '../../hub/reference';
import { createOpenModel } from './asked';
import { createHubDocuments, placeOf, type HubDocuments } from './documents';
import type { OpenModel } from './openModel';
import { deleteToken, setToken } from './tokens';

export interface Hub extends vscode.Disposable, Pick<Contributions, 'commands'> {
  readonly files: Contributions['hubFiles'];
}

/** Models of the Hub, fetched when a person asks for one by its name, shown as read-only documents. */
export function registerHub({ context, companions }: Services): Hub {
  const documents = createHubDocuments(companions);
  const lenses = registerAgainLens(documents);
  let open: OpenModel | undefined;
  return {
    files: documents.files,
    commands: {
      'vramLens.openFromHub': (name) => (open ??= createOpenModel(context, documents))(name),
      'vramLens.setHubToken': () => setToken(context),
      'vramLens.deleteHubToken': () => deleteToken(context),
    },
    dispose() {
      lenses.dispose();
      documents.dispose();
    },
  };
}

/** The link above a document of an earlier session. */
function registerAgainLens(documents: HubDocuments): vscode.Disposable {
  const refresh = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: refresh.event,
    provideCodeLenses({ uri }) {
      const place = placeOf(uri);
      if (!place || documents.isKept(uri)) return [];
      const name = formatReference(place.model);
      const title = vscode.l10n.t('$(cloud-download) Fetch {0} again', name);
      return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command: 'vramLens.openFromHub', arguments: [name] })];
    },
  };
  return vscode.Disposable.from(
    refresh,
    documents.files.onDidChange(() => refresh.fire()),
    vscode.languages.registerCodeLensProvider({ scheme: hubScheme }, provider),
  );
}
