import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importX, createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const features = existsSync('src/features')
  ? readdirSync('src/features', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  : [];

/**
 * Layers: engine <- shared <- host <- features <- main.ts, the second bundle; engine, shared <- cli; engine, shared <- media.
 * The first bundle, extension.ts with activation, knows the second by its type only.
 */
const layers = [
  { target: './src/engine', from: './src', except: ['./engine'], message: 'The engine stands alone.' },
  { target: './src/shared', from: './src', except: ['./engine', './shared'], message: 'shared knows the engine only.' },
  { target: './src/host', from: './src', except: ['./engine', './shared', './host'], message: 'host knows no feature.' },
  { target: './src/features', from: './src', except: ['./engine', './shared', './host', './features'], message: 'Features stand on host.' },
  { target: './src/activation', from: './src', except: ['./activation', './main.ts'], message: 'The first bundle stays small.' },
  { target: './src/cli', from: './src', except: ['./engine', './shared', './cli'], message: 'The command line stands on the engine.' },
  { target: './media', from: './src', except: ['./engine', './shared'], message: 'The webview client never sees the extension host.' },
  { target: './src', from: './media', message: 'The webview client is loaded as a file, never imported.' },
  ...features.map((name) => ({
    target: `./src/features/${name}`,
    from: './src/features',
    except: [`./${name}`],
    message: 'Features never import each other; what two of them need belongs to host.',
  })),
];

const vscodeOnlyInHost = { name: 'vscode', message: 'The engine, the command line and the webview client run without vscode.' };
const toolkitOnlyOnce = { name: '@vscode/webview-ui-toolkit', message: 'media/toolkit.ts is the only import site.' };
const noNode = { group: ['node:*', 'fs', 'path', 'os', 'child_process', 'crypto', 'util'], message: 'This also runs where Node is not.' };
const onlyJsonc = { regex: '^(?!\\.{1,2}(/|$)|jsonc-parser$)', message: 'The engine depends on jsonc-parser alone.' };

const restrictImports = (...rules) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { paths: rules.filter((rule) => rule.name), patterns: rules.filter((rule) => !rule.name) },
  ],
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.vscode-test/'] },
  ...tseslint.configs.strict,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.mjs', '.js', '.json'] })] },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-template': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: layers }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts', 'media/**/*.ts', 'test/**/*.ts'],
    rules: {
      'import-x/no-default-export': 'error',
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use an `as const` union.' }],
    },
  },
  { files: ['scripts/vscode/fsProvider/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['src/**/*.ts', 'media/**/*.ts'],
    languageOptions: {
      parserOptions: { project: ['tsconfig.json', 'tsconfig.media.json'], tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)) },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/engine/**/*.ts'],
    rules: {
      ...restrictImports(onlyJsonc),
      'no-restricted-globals': ['error', 'Date', 'performance', 'process', 'console', 'setTimeout', 'setInterval', 'fetch'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'The engine is deterministic.' }],
    },
  },
  { files: ['src/shared/**/*.ts'], rules: restrictImports(vscodeOnlyInHost, noNode) },
  { files: ['src/cli/**/*.ts'], rules: restrictImports(vscodeOnlyInHost) },
  {
    files: ['src/activation/**/*.ts', 'src/host/**/*.ts', 'src/features/**/*.ts', 'src/*.ts'],
    rules: restrictImports(noNode, toolkitOnlyOnce),
  },
  { files: ['media/**/*.ts'], ignores: ['media/toolkit.ts'], rules: restrictImports(vscodeOnlyInHost, noNode, toolkitOnlyOnce) },
  { files: ['media/toolkit.ts'], rules: restrictImports(vscodeOnlyInHost, noNode) },
);
