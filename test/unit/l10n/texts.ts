/** The translatable texts of the sources, read from their syntax trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..', '..');

export interface TextUse {
  readonly text: string;
  /** "src/features/hover/register.ts:12". */
  readonly place: string;
  /** Arguments after the text; `undefined` where they are spread and cannot be counted. */
  readonly arguments: number | undefined;
}

export interface CollectedTexts {
  readonly uses: readonly TextUse[];
  /** Calls whose text is no literal, so that no translator can find it. */
  readonly notLiteral: readonly string[];
}

/** Every call of `t` (`t('…')`, `vscode.l10n.t('…')`, `view.t('…')`) under the folders. */
export function collectTexts(folders: readonly string[]): CollectedTexts {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
      .map((name) => join(root, folder, name)),
  );
  const found = files.map((file) => textsOf(readFileSync(file, 'utf8'), relative(root, file).replaceAll('\\', '/')));
  return { uses: found.flatMap(({ uses }) => uses), notLiteral: found.flatMap(({ notLiteral }) => notLiteral) };
}

/** The same for one source. */
export function textsOf(source: string, name: string): CollectedTexts {
  const tree = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const uses: TextUse[] = [];
  const notLiteral: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTranslator(node.expression)) {
      const place = `${name}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      const [first, ...rest] = node.arguments;
      const texts = first && literals(first);
      const count = rest.some(ts.isSpreadElement) ? undefined : rest.length;
      if (texts) uses.push(...texts.map((text) => ({ text, place, arguments: count })));
      else notLiteral.push(`${place} ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { uses, notLiteral };
}

const isTranslator = (callee: ts.Expression): boolean =>
  (ts.isIdentifier(callee) && callee.text === 't') || (ts.isPropertyAccessExpression(callee) && callee.name.text === 't');

/** The text, or those of both branches of a condition; `undefined` for anything that is made at run time. */
function literals(node: ts.Expression): readonly string[] | undefined {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return literals(node.expression);
  if (!ts.isConditionalExpression(node)) return undefined;
  const [yes, no] = [literals(node.whenTrue), literals(node.whenFalse)];
  return yes && no && [...yes, ...no];
}

/** "{0}", "{1}" … of a text, each once, in order. */
export const placeholders = (text: string): readonly string[] => [...new Set(text.match(/\{\d+\}/g) ?? [])].sort();
