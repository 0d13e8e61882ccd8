import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { layersRule } from './scripts/eslint/layers.mjs';

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
    plugins: { local: { rules: { layers: layersRule } } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-template': 'error',
      'local/layers': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowConstructorOnly: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts', 'media/**/*.ts', 'test/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use an `as const` union.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
      ],
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
  { files: ['src/shared/**/*.ts', 'src/hub/**/*.ts'], rules: restrictImports(vscodeOnlyInHost, noNode) },
  {
    files: ['src/checkpointFiles/**/*.ts'],
    ignores: ['src/checkpointFiles/nodeFolder.ts'],
    rules: restrictImports(vscodeOnlyInHost, noNode),
  },
  { files: ['src/cli/**/*.ts', 'src/checkpointFiles/nodeFolder.ts'], rules: restrictImports(vscodeOnlyInHost) },
  {
    files: ['src/activation/**/*.ts', 'src/host/**/*.ts', 'src/features/**/*.ts', 'src/*.ts'],
    rules: restrictImports(noNode, toolkitOnlyOnce),
  },
  { files: ['media/**/*.ts'], ignores: ['media/toolkit.ts'], rules: restrictImports(vscodeOnlyInHost, noNode, toolkitOnlyOnce) },
  { files: ['media/toolkit.ts'], rules: restrictImports(vscodeOnlyInHost, noNode) },
);
