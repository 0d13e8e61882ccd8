import { hubHosts, type HubEndpoint } from './endpoint';

/** A model as the Hub names it. */
export interface ModelReference {
  /** "org/model", or "model" for the few that have no owner. */
  readonly id: string;
  /** A branch, a tag or a commit; `undefined` is `main`. */
  readonly revision: string | undefined;
}

export type ReferenceProblem = 'empty' | 'other-host' | 'not-a-model' | 'in-folder' | 'bad-id' | 'bad-revision';

export type ParsedReference =
  { readonly kind: 'model'; readonly model: ModelReference } | { readonly kind: 'problem'; readonly problem: ReferenceProblem };

/** Parts of an address after which a revision follows. */
const beforeRevision = new Set(['tree', 'blob', 'resolve', 'raw', 'blame', 'commit', 'commits']);
/** First parts of addresses of what is no model. */
const otherKinds = new Set(['datasets', 'spaces', 'collections', 'papers', 'docs', 'blog', 'api', 'settings', 'organizations']);

const configName = 'config.json';
const maxRevisionLength = 200;

const problem = (of: ReferenceProblem): ParsedReference => ({ kind: 'problem', problem: of });

/** Reads what a person typed or pasted: `org/model`, `model`, either with `@revision`, or an address on the Hub. */
export function parseReference(text: string, endpoint: HubEndpoint): ParsedReference {
  const typed = text.trim();
  if (typed === '') return problem('empty');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return readAddress(typed, endpoint);
  const host = typed.slice(0, Math.max(0, typed.indexOf('/'))).toLowerCase();
  if (hubHosts.has(host) || host === endpoint.host) return readAddress(`https://${typed}`, endpoint);
  const at = typed.indexOf('@');
  return at < 0 ? checked(typed, undefined) : checked(typed.slice(0, at), typed.slice(at + 1));
}

/** The form that `parseReference` reads back. */
export const formatReference = ({ id, revision }: ModelReference): string => (revision === undefined ? id : `${id}@${revision}`);

function readAddress(text: string, endpoint: HubEndpoint): ParsedReference {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return problem('other-host');
  const own = new URL(endpoint.url);
  if (url.host !== own.host && !hubHosts.has(url.host)) return problem('other-host');
  const base = url.host === own.host ? own.pathname.replace(/\/$/, '') : '';
  if (!`${url.pathname}/`.startsWith(`${base}/`)) return problem('other-host');
  const parts = url.pathname.slice(base.length).split('/').filter(Boolean).map(decoded);
  if (parts.includes(undefined)) return problem('bad-id');
  return readParts(parts as readonly string[]);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function readParts(parts: readonly string[]): ParsedReference {
  const [first, second] = parts;
  if (first === undefined) return problem('bad-id');
  if (otherKinds.has(first)) return problem('not-a-model');
  const idLength = second === undefined || beforeRevision.has(second) ? 1 : 2;
  const id = parts.slice(0, idLength).join('/');
  const rest = parts.slice(idLength);
  if (!beforeRevision.has(rest[0] ?? '')) return checked(id, undefined);
  // refs/pr/1 stands in addresses both as one escaped part and as three
  const revisionLength = rest[1] === 'refs' ? 3 : 1;
  const revision = rest.slice(1, 1 + revisionLength).join('/');
  const file = rest.slice(1 + revisionLength);
  if (file.length > 1 && file.at(-1) === configName) return problem('in-folder');
  return checked(id, revision === '' ? undefined : revision);
}

/**
 * The Hub's own rules for names (`validate_repo_id` of huggingface_hub, src/huggingface_hub/utils/_validators.py): at most
 * one slash; letters, digits, "-", "_", "."; a name begins and ends with a letter, digit or "_"; no "--" or ".."; no ".git"
 * at the end; 96 characters at most. Nothing that these let pass can change the path of a request.
 */
function checked(id: string, revision: string | undefined): ParsedReference {
  const names = id.split('/');
  const isName = (name: string): boolean => /^\w(?:[\w.-]*\w)?$/.test(name) && name.length <= 96;
  if (names.length > 2 || !names.every(isName) || /--|\.\./.test(id) || id.endsWith('.git')) return problem('bad-id');
  if (revision === undefined || revision === 'main') return { kind: 'model', model: { id, revision: undefined } };
  const isRevision = /^\w(?:[\w.+/-]*\w)?$/.test(revision) && !/\.\.|\/[/.]|\.\//.test(revision);
  return isRevision && revision.length <= maxRevisionLength ? { kind: 'model', model: { id, revision } } : problem('bad-revision');
}
