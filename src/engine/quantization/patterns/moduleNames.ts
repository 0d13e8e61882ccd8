/**
 * Plain module names: a rule for a module holds for everything inside it, or for that module alone, and `model.layers.1` is not
 * `model.layers.10`.
 */

interface Node {
  readonly children: Map<string, Node>;
  label: number;
  /** Of a rule for this module alone. */
  whole: number;
}

/** A node after equal ones were made one, so that layers with equal rules lead to the same place. */
interface SharedNode {
  readonly id: number;
  readonly children: ReadonlyMap<string, SharedNode>;
  /** Children for every segment that begins so. */
  readonly prefixes: readonly (readonly [prefix: string, node: SharedNode])[];
  readonly label: number;
  readonly whole: number;
}

/** How far the rules have been followed along a name. */
export interface Place {
  readonly nodes: readonly SharedNode[];
  /** Nothing but wrappers has been read. */
  readonly leading: boolean;
  /** Lowest label completed so far; Infinity for none. */
  readonly best: number;
  /** Lowest label if the name ends here. */
  readonly ended: number;
}

export interface PlainRule {
  readonly text: string;
  readonly label: number;
  /** For that module, and nothing inside it. */
  readonly alone: boolean;
}

export interface ModuleNames {
  readonly start: Place;
  advance(from: Place, segment: string): Place;
}

/** A shell pattern that the tree can hold: below a wrapper, with a star at the end and nowhere else. */
export const isPrefixPattern = (text: string): boolean => /^(model|language_model)\.[^*?[]*\*$/.test(text);

/** Names under which a whole language model stands in a composite; rules and checkpoints do not agree on them. */
const wrappers: ReadonlySet<string> = new Set(['model', 'language_model']);

/**
 * CLIP's and SigLIP's towers stand one module deeper in published files, and in the classes of transformers before that module
 * went (conversion_mapping.py: `CLIPVisionModel`, PrefixChange); rules name it, or do not.
 */
export const deeperTower: ReadonlyMap<string, string> = new Map([['vision_tower', 'vision_model']]);

/**
 * A tree of rules by segment. A name that begins with a wrapper is matched from the start of the model, whatever wrappers
 * stand there; any other name is matched at every segment (`lm_head`, `gate`, `visual`). A `*` at the end of a rule stands
 * for the rest of its last segment. A rule for one module alone begins where the model does and is the whole name, whatever
 * wrappers either of them has.
 */
export function moduleNames(rules: readonly PlainRule[]): ModuleNames {
  const anchoredRules = node();
  const floatingRules = node();
  for (const { text, label, alone } of rules) {
    const segments = text.split('.').filter((segment) => segment !== '');
    const lead = segments.findIndex((segment) => !wrappers.has(segment));
    if (segments.length === 0) continue;
    let at = lead > 0 || alone ? anchoredRules : floatingRules;
    for (const segment of segments.slice(lead < 0 ? -1 : lead)) {
      let child = at.children.get(segment);
      if (!child) at.children.set(segment, (child = node()));
      at = child;
    }
    if (alone) at.whole = Math.min(at.whole, label);
    else at.label = Math.min(at.label, label);
  }
  const shared = new Map<string, SharedNode>();
  const anchored = share(anchoredRules, shared);
  const floating = share(floatingRules, shared);

  const known = new Map<string, Place>();
  function place(nodes: readonly SharedNode[], leading: boolean, best: number): Place {
    const lowest = nodes.reduce((least, { label }) => Math.min(least, label), best);
    const key = `${leading ? '^' : ''}${lowest}:${nodes.map(({ id }) => id).join(',')}`;
    let found = known.get(key);
    if (!found) {
      const ended = nodes.reduce((least, { whole }) => Math.min(least, whole), lowest);
      known.set(key, (found = { nodes, leading, best: lowest, ended }));
    }
    return found;
  }

  return {
    start: { nodes: [anchored, floating], leading: true, best: Infinity, ended: Infinity },
    advance(from, segment) {
      const leading = from.leading && wrappers.has(segment);
      const nodes = [...below(from.nodes, segment), ...(leading ? [anchored] : []), floating];
      const deeper = deeperTower.get(segment);
      return place(deeper === undefined ? nodes : [...nodes, ...below(nodes, deeper)], leading, from.best);
    },
  };
}

const below = (nodes: readonly SharedNode[], segment: string): readonly SharedNode[] =>
  nodes.flatMap(({ children, prefixes }) => {
    const child = children.get(segment);
    const begun = prefixes.flatMap(([prefix, one]) => (segment.startsWith(prefix) ? [one] : []));
    return child ? [child, ...begun] : begun;
  });

const node = (): Node => ({ children: new Map(), label: Infinity, whole: Infinity });

/** The one node for all that have this label and these children in this order. Segments of one name bound the depth. */
function share({ children, label, whole }: Node, shared: Map<string, SharedNode>): SharedNode {
  const below = new Map<string, SharedNode>();
  const prefixes: (readonly [string, SharedNode])[] = [];
  let key = `${label},${whole}`;
  for (const [segment, child] of children) {
    const one = share(child, shared);
    if (segment.endsWith('*')) prefixes.push([segment.slice(0, -1), one]);
    else below.set(segment, one);
    key += `.${segment}.${one.id}`;
  }
  let found = shared.get(key);
  if (!found) shared.set(key, (found = { id: shared.size, children: below, prefixes, label, whole }));
  return found;
}
