import path from 'node:path';

/**
 * What each part of the repository may import, by relative path; the first row that a file's path begins with holds.
 * `src/main.ts` is the entry of the second bundle and sees everything; the first bundle, extension.ts with activation/,
 * sees its type only, which the bundler's account of the first bundle makes sure of.
 */
const layers = [
  { of: 'src/engine/', may: ['src/engine/'], why: 'the engine stands alone' },
  { of: 'src/shared/', may: ['src/engine/', 'src/shared/'], why: 'shared knows the engine only' },
  { of: 'src/hub/', may: ['src/engine/', 'src/hub/'], why: 'the client of the Hub knows the engine only' },
  { of: 'src/checkpointFiles/', may: ['src/engine/', 'src/checkpointFiles/'], why: 'the files of checkpoints know the engine only' },
  { of: 'src/activation/', may: ['src/activation/', 'src/main'], why: 'the first bundle stays small' },
  {
    of: 'src/host/',
    may: ['src/engine/', 'src/shared/', 'src/hub/', 'src/checkpointFiles/', 'src/activation/', 'src/host/'],
    why: 'host knows no feature',
  },
  {
    of: 'src/features/',
    may: ['src/engine/', 'src/shared/', 'src/hub/', 'src/checkpointFiles/', 'src/activation/', 'src/host/', 'src/features/'],
    why: 'features stand on host',
  },
  {
    of: 'src/cli/',
    may: ['src/engine/', 'src/shared/', 'src/checkpointFiles/', 'src/cli/'],
    why: 'the command line stands on the engine',
  },
  { of: 'src/', may: ['src/'], why: 'the webview client is loaded as a file, never imported' },
  { of: 'media/', may: ['src/engine/', 'src/shared/', 'media/'], why: 'the webview client never sees the extension host' },
];

/** Reports an import that crosses the layers, or reaches from one feature into another. */
export const layersRule = {
  meta: { type: 'problem', schema: [], messages: { crossing: '{{from}} must not import {{to}}: {{why}}.' } },
  create(context) {
    const file = posix(path.relative(context.cwd, context.filename));
    const layer = layers.find(({ of }) => file.startsWith(of));
    if (!layer) return {};
    const check = (source) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = path.posix.join(path.posix.dirname(file), source.value);
      const why = layer.may.some((prefix) => to.startsWith(prefix)) ? otherFeature(file, to) : layer.why;
      if (why) context.report({ node: source, messageId: 'crossing', data: { from: file, to, why } });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
    };
  },
};

/** Why a feature must not import `to`, or undefined where it may. */
function otherFeature(file, to) {
  const feature = /^src\/features\/[^/]+\//.exec(file)?.[0];
  const foreign = feature && to.startsWith('src/features/') && !to.startsWith(feature);
  return foreign ? 'features never import each other; what two of them need belongs to host' : undefined;
}

const posix = (file) => file.split(path.sep).join('/');
