/** Codes that the engine can leave in a finding or a basis, read from its syntax trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const engine = join(import.meta.dirname, '..', '..', '..', 'src', 'engine');

const trees = readdirSync(engine, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ts.createSourceFile(name, readFileSync(join(engine, name), 'utf8'), ts.ScriptTarget.Latest, true));

function nodes(): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  trees.forEach(visit);
  return found;
}
const all = nodes();

const stringsIn = (node: ts.Node): readonly string[] =>
  ts.isStringLiteralLike(node) ? [node.text] : ts.isArrayLiteralExpression(node) ? node.elements.flatMap(stringsIn) : [];

/** The members of a union of string literals, by the name of its type. */
export const membersOf = (type: string): readonly string[] =>
  all.flatMap((node) =>
    ts.isTypeAliasDeclaration(node) && node.name.text === type && ts.isUnionTypeNode(node.type)
      ? node.type.types.flatMap((member) => (ts.isLiteralTypeNode(member) ? stringsIn(member.literal) : []))
      : [],
  );

/** Literals that stand under a key of an object, in a list too. */
export const valuesOf = (key: string): readonly string[] =>
  all.flatMap((node) => (ts.isPropertyAssignment(node) && node.name.getText() === key ? stringsIn(node.initializer) : []));

/** Literals that are the first argument of a function or method of that name. */
export const argumentsOf = (name: string): readonly string[] =>
  all.flatMap((node) => {
    if (!ts.isCallExpression(node)) return [];
    const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const [first] = node.arguments;
    return callee.getText() === name && first ? stringsIn(first) : [];
  });
