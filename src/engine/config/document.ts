import {
  createScanner,
  findNodeAtLocation,
  getLocation,
  parseTree,
  printParseErrorCode,
  visit,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import { findingSink, type ConfigPath, type Finding, type TextRange } from '../findings';
import { maxDepth, maxTextLength, maxTolerantLength } from '../limits';
import type { JsonObject, JsonValue } from './json';
import { strictObject } from './strictJson';

/** A config's text, read: its values, where each stands, and what is wrong with the text itself. */
export interface ConfigDocument {
  /** The object at the root; `undefined` when there is none to read. */
  readonly root: JsonObject | undefined;
  /** False while the text is broken (mid-edit): values may be missing or cut off. */
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  /** Where the value at a path stands. */
  valueRange(path: ConfigPath): TextRange | undefined;
  /** Where the key of a path stands, quotes included. */
  keyRange(path: ConfigPath): TextRange | undefined;
  /** The path of the key or value at an offset. */
  pathAt(offset: number): ConfigPath;
}

/**
 * Reads JSON with comments, trailing commas, a byte-order mark and CRLF; what Python's `json` would refuse becomes a
 * finding. Bounded: longer or deeper texts than `limits.ts` allows are refused with a finding, never parsed.
 */
export function parseConfig(text: string): ConfigDocument {
  const sink = findingSink();
  const refuse = (): ConfigDocument => ({
    root: undefined,
    complete: false,
    findings: sink.findings,
    valueRange: () => undefined,
    keyRange: () => undefined,
    pathAt: () => [],
  });
  if (text.length > maxTextLength) {
    sink.add({ code: 'text-too-large', severity: 'error', path: [], values: { limit: maxTextLength, found: text.length } });
    return refuse();
  }
  const bom = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const body = bom ? text.slice(1) : text;
  const strict = strictObject(body);
  if (strict) {
    let tree: Node | undefined;
    const treeOf = (): Node | undefined => (tree ??= parseTree(body));
    return { root: strict, complete: true, findings: sink.findings, ...placesIn(body, bom, treeOf) };
  }
  const shift = (offset: number, length: number): TextRange => ({ offset: offset + bom, length });

  const mended = body.length <= maxTolerantLength;
  const scan = scanTokens(body, mended);
  if (!scan.tokens) {
    sink.add({ code: 'empty-text', severity: 'error', path: [], values: {} });
    return refuse();
  }
  if (scan.tooDeepAt !== undefined) {
    sink.add({ code: 'nested-too-deep', severity: 'error', path: [], range: shift(scan.tooDeepAt, 1), values: { limit: maxDepth } });
    return refuse();
  }
  if (!mended) {
    const at = firstMistake(body);
    const values = { limit: maxTolerantLength, found: text.length };
    sink.add({ code: 'text-too-large-to-mend', severity: 'error', path: [], ...(at && { range: shift(at.offset, at.length) }), values });
    return refuse();
  }
  for (const offset of scan.comments.slice(0, 1))
    sink.add({ code: 'comment-in-json', severity: 'warning', path: [], range: shift(offset, 2), values: {} });
  for (const offset of scan.trailingCommas.slice(0, 1))
    sink.add({ code: 'trailing-comma', severity: 'warning', path: [], range: shift(offset, 1), values: {} });

  for (const { offset, length } of scan.nonFinite.slice(0, 10))
    sink.add({
      code: 'non-finite-number',
      severity: 'information',
      path: [],
      range: shift(offset, length),
      values: { literal: body.slice(offset, offset + length) },
    });
  const { text: readable, notNumbers } = withoutNonFinite(body, scan.nonFinite);

  const errors: ParseError[] = [];
  const tree = parseTree(readable, errors, { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true });
  for (const error of errors.slice(0, 20))
    sink.add({
      code: 'syntax-error',
      severity: 'error',
      path: [],
      range: shift(error.offset, Math.max(1, error.length)),
      values: { problem: printParseErrorCode(error.error) },
    });
  if (tree?.type !== 'object') {
    sink.add({ code: 'not-an-object', severity: 'error', path: [], values: {} });
    return refuse();
  }
  const root = toObject(tree, {
    notNumbers,
    duplicate: (key, node) =>
      sink.add({ code: 'duplicate-key', severity: 'warning', path: [], range: shift(node.offset, node.length), values: { key } }),
  });
  return { root, complete: errors.length === 0, findings: sink.findings, ...placesIn(body, bom, () => tree) };
}

/** Where a text first breaks the grammar of JSON with comments, if it does; without keeping any of it. */
function firstMistake(text: string): TextRange | undefined {
  let first: TextRange | undefined;
  visit(text, { onError: (_, offset, length) => void (first ??= { offset, length: Math.max(1, length) }) }, { allowTrailingComma: true });
  return first;
}

/** Where things stand in a text that begins `bom` characters into the document; the tree is asked for when a place is. */
function placesIn(body: string, bom: number, treeOf: () => Node | undefined): Pick<ConfigDocument, 'valueRange' | 'keyRange' | 'pathAt'> {
  const rangeOf = ({ offset, length }: Node): TextRange => ({ offset: offset + bom, length });
  return {
    valueRange(path) {
      const node = findLast(treeOf(), path);
      return node && rangeOf(node);
    },
    keyRange(path) {
      const key = findLast(treeOf(), path)?.parent;
      const name = key?.type === 'property' ? key.children?.[0] : undefined;
      return name && rangeOf(name);
    },
    pathAt: (offset) => getLocation(body, offset - bom).path,
  };
}

/** jsonc-parser's SyntaxKind, an ambient const enum that isolated modules cannot read. */
const syntax = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  trivia: 15,
  unknown: 16,
  end: 17,
};
const nonFiniteLiteral = /-?Infinity\b|NaN\b/y;

/** As `findNodeAtLocation`, but the last of several equal keys, whose value counts. */
function findLast(tree: Node | undefined, path: ConfigPath): Node | undefined {
  let node = tree;
  for (const segment of path) {
    if (node?.type === 'object' && typeof segment === 'string')
      node = node.children?.filter((property) => property.children?.[0]?.value === segment).at(-1)?.children?.[1];
    else node = node && findNodeAtLocation(node, [segment]);
    if (!node) return undefined;
  }
  return node;
}

interface Scan {
  readonly tokens: number;
  readonly tooDeepAt?: number;
  readonly comments: readonly number[];
  readonly trailingCommas: readonly number[];
  /** NaN, Infinity and -Infinity, which Python's json writes and reads. */
  readonly nonFinite: readonly TextRange[];
}

/** One pass over the tokens without recursion: depth, comments and trailing commas; literals that are no JSON where they will be mended. */
function scanTokens(text: string, mended: boolean): Scan {
  const scanner = createScanner(text, false);
  const comments: number[] = [];
  const trailingCommas: number[] = [];
  let tokens = 0;
  let depth = 0;
  let comma = -1;
  const nonFinite: TextRange[] = [];
  for (let kind: number = scanner.scan(); kind !== syntax.end; kind = scanner.scan()) {
    if (kind === syntax.trivia || kind === syntax.lineBreak) continue;
    const offset = scanner.getTokenOffset();
    if (kind === syntax.lineComment || kind === syntax.blockComment) {
      if (comments.length < 10) comments.push(offset);
      continue;
    }
    tokens++;
    if (kind === syntax.openBrace || kind === syntax.openBracket) {
      if (++depth > maxDepth) return { tokens, tooDeepAt: offset, comments, trailingCommas, nonFinite };
    } else if (kind === syntax.closeBrace || kind === syntax.closeBracket) {
      depth--;
      if (comma >= 0 && trailingCommas.length < 10) trailingCommas.push(comma);
    }
    comma = kind === syntax.comma ? offset : -1;
    if (mended && kind === syntax.unknown) {
      nonFiniteLiteral.lastIndex = offset;
      const literal = nonFiniteLiteral.exec(text)?.[0];
      // The scanner takes the sign of -Infinity for a token of its own.
      const last = nonFinite.at(-1);
      if (literal !== undefined && !(last && last.offset + last.length > offset)) nonFinite.push({ offset, length: literal.length });
    }
  }
  return { tokens, comments, trailingCommas, nonFinite };
}

/**
 * The text with NaN and the infinities written as JSON of the same length, so that every offset stays. Published configs
 * of state-space models have "time_step_limit": [0.0, Infinity].
 */
function withoutNonFinite(text: string, ranges: readonly TextRange[]): { readonly text: string; readonly notNumbers: ReadonlySet<number> } {
  const notNumbers = new Set<number>();
  let result = '';
  let end = 0;
  for (const { offset, length } of ranges) {
    result += text.slice(end, offset);
    if (length === 'NaN'.length) {
      notNumbers.add(offset);
      result += '0.0';
    } else result += length === 'Infinity'.length ? '1e99999 ' : '-1e99999 ';
    end = offset + length;
  }
  return { text: result + text.slice(end), notNumbers };
}

interface Conversion {
  /** Offsets of numbers that stand for NaN. */
  readonly notNumbers: ReadonlySet<number>;
  duplicate(key: string, at: Node): void;
}

function toObject(node: Node, conversion: Conversion): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null);
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (typeof key?.value !== 'string' || !value) continue;
    if (key.value in object) conversion.duplicate(key.value, key);
    object[key.value] = toValue(value, conversion);
  }
  return object;
}

function toValue(node: Node, conversion: Conversion): JsonValue {
  if (node.type === 'object') return toObject(node, conversion);
  if (node.type === 'array') return (node.children ?? []).map((child) => toValue(child, conversion));
  if (conversion.notNumbers.has(node.offset)) return Number.NaN;
  return node.value as string | number | boolean | null;
}
