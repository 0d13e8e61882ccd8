// node scripts/vscode/prepareVersion.mjs 4.90.3
//
// Installs another VS Code and prints the folder for VSCODE_OSS_PATH. code-server 4.X.Y holds VS Code 1.X; up to 4.100 it
// runs on Node 18 to 20, from 4.103 on Node 22, from 4.133 on Node 22.15.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { installOnce } from '../support/installOnce.mjs';
import { npm } from '../support/npm.mjs';
import { workDir } from '../support/paths.mjs';
import { ensureVSCode, serverIn } from './install.mjs';
import { stubSpdlog } from './spdlogStub.mjs';

/** The oldest VS Code that `engines.vscode` allows and code-server offers: 1.90.2. */
export const floorVersion = '4.90.3';

/** @returns {string} the folder of the prepared server */
export function prepareVersion(codeServer) {
  const dir = installOnce({
    dir: path.join(workDir, `code-server-${codeServer}`),
    key: codeServer,
    title: `VS Code of code-server ${codeServer}`,
    fill: (target) => install(target, codeServer),
  });
  return serverIn(dir);
}

function install(dir, codeServer) {
  fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}');
  npm(['install', `code-server@${codeServer}`, '--ignore-scripts'], dir);
  const server = serverIn(dir);
  // its npm-shrinkwrap.json pins everything
  npm(['install', '--omit=dev', '--legacy-peer-deps', '--ignore-scripts'], server);
  stubSpdlog(path.join(server, 'node_modules'));
  borrowRipgrep(path.join(server, 'node_modules', '@vscode', 'ripgrep'));
}

/** The old ripgrep package downloads its binary after installation; the newest VS Code has it inside its npm package. */
function borrowRipgrep(oldPackage) {
  if (!fs.existsSync(oldPackage)) return;
  const name = process.platform === 'win32' ? 'rg.exe' : 'rg';
  const newPackage = path.join(ensureVSCode().vscode, 'node_modules', '@vscode', 'ripgrep-universal');
  fs.mkdirSync(path.join(oldPackage, 'bin'), { recursive: true });
  fs.copyFileSync(path.join(newPackage, 'bin', `${process.platform}-${process.arch}`, name), path.join(oldPackage, 'bin', name));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(prepareVersion(process.argv[2] ?? floorVersion));
