// The file system wsfs://workspace/<folder>/ of the web host: reads over HTTP from webHost.mjs, keeps writes in memory.
const vscode = require('vscode');

const { FileType, FileChangeType, FileSystemError } = vscode;

exports.activate = (context) => {
  const base = context.extensionUri.with({ path: '/wsfs' }).toString(true);
  const provider = createProvider(base);
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider('wsfs', provider, { isCaseSensitive: true }),
    // without a search provider for the scheme, workspace.findFiles() never returns
    vscode.workspace.registerFileSearchProvider('wsfs', {
      provideFileSearchResults: (_query, options) => filesBelow(provider, options.folder),
    }),
  );
};

function createProvider(base) {
  const files = new Map(); // path -> { data, stat }
  const folders = new Map(); // path -> stat
  const deleted = new Set();
  const changes = new vscode.EventEmitter();
  const report = (type, uri) => changes.fire([{ type, uri }]);

  const fetchPath = async (uri, query) => {
    if (deleted.has(uri.path)) throw FileSystemError.FileNotFound(uri);
    const response = await fetch(base + uri.path.split('/').map(encodeURIComponent).join('/') + query);
    if (!response.ok) throw FileSystemError.FileNotFound(uri);
    return response;
  };

  const provider = {
    onDidChangeFile: changes.event,
    watch: () => new vscode.Disposable(() => undefined),

    async stat(uri) {
      return files.get(uri.path)?.stat ?? folders.get(uri.path) ?? (await fetchPath(uri, '?stat')).json();
    },

    async readDirectory(uri) {
      const prefix = uri.path.endsWith('/') ? uri.path : `${uri.path}/`;
      const served = await fetchPath(uri, '?list').then(
        (response) => response.json(),
        (error) => {
          if (folders.has(uri.path)) return [];
          throw error;
        },
      );
      const entries = new Map(served.filter(([name]) => !deleted.has(prefix + name)));
      const addOwn = (paths, type) => {
        for (const path of paths) {
          const name = path.startsWith(prefix) ? path.slice(prefix.length) : '';
          if (name && !name.includes('/')) entries.set(name, type);
        }
      };
      addOwn(files.keys(), FileType.File);
      addOwn(folders.keys(), FileType.Directory);
      return [...entries];
    },

    async readFile(uri) {
      return files.get(uri.path)?.data ?? new Uint8Array(await (await fetchPath(uri, '')).arrayBuffer());
    },

    async writeFile(uri, data, { create, overwrite }) {
      const exists = await provider.stat(uri).then(
        () => true,
        () => false,
      );
      if (!exists && !create) throw FileSystemError.FileNotFound(uri);
      if (exists && create && !overwrite) throw FileSystemError.FileExists(uri);
      files.set(uri.path, { data, stat: newStat(FileType.File, data.length) });
      deleted.delete(uri.path);
      report(exists ? FileChangeType.Changed : FileChangeType.Created, uri);
    },

    createDirectory(uri) {
      deleted.delete(uri.path);
      folders.set(uri.path, newStat(FileType.Directory, 0));
      report(FileChangeType.Created, uri);
    },

    async delete(uri) {
      await provider.stat(uri);
      files.delete(uri.path);
      folders.delete(uri.path);
      deleted.add(uri.path);
      report(FileChangeType.Deleted, uri);
    },

    async rename(from, to, { overwrite }) {
      await provider.writeFile(to, await provider.readFile(from), { create: true, overwrite });
      await provider.delete(from);
    },
  };
  return provider;
}

function newStat(type, size) {
  return { type, ctime: Date.now(), mtime: Date.now(), size };
}

async function filesBelow(provider, folder) {
  const found = [];
  for (const [name, type] of await provider.readDirectory(folder)) {
    const uri = vscode.Uri.joinPath(folder, name);
    if (type === FileType.Directory) found.push(...(await filesBelow(provider, uri)));
    else found.push(uri);
  }
  return found;
}
