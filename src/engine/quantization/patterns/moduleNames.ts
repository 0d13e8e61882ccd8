/** Plain module names: a rule for a module holds for everything inside it, and `model.layers.1` is not `model.layers.10`. */

interface Node {
  readonly id: number;
  readonly children: Map<string, Node>;
  label: number;
}

/** How far the rules have been followed along a name. */
export interface Place {
  readonly nodes: readonly Node[];
  readonly leading: boolean;
  readonly best: number;
  readonly next: Map<string, Place>;
}

export interface ModuleNames {
  readonly start: Place;
  add(name: string, label: number): void;
  advance(from: Place, segment: string): Place;
}

/** Names under which a whole language model stands in a composite; rules and checkpoints do not agree on them. */
const wrappers: ReadonlySet<string> = new Set(['model', 'language_model']);

/**
 * A tree of rules by segment. A name that begins with a wrapper is matched from the start of the model, whatever wrappers
 * stand there; any other name is matched at every segment (`lm_head`, `gate`, `visual`).
 */
export function moduleNames(): ModuleNames {
  let count = 0;
  const node = (): Node => ({ id: count++, children: new Map(), label: Infinity });
  const anchored = node();
  const floating = node();
  const known = new Map<string, Place>();

  function place(nodes: readonly Node[], leading: boolean, best: number): Place {
    const lowest = nodes.reduce((least, { label }) => Math.min(least, label), best);
    const key = `${leading ? '^' : ''}${lowest}:${nodes.map(({ id }) => id).join(',')}`;
    let found = known.get(key);
    if (!found) known.set(key, (found = { nodes, leading, best: lowest, next: new Map() }));
    return found;
  }

  return {
    start: { nodes: [anchored, floating], leading: true, best: Infinity, next: new Map() },
    add(name, label) {
      const segments = name.split('.').filter((segment) => segment !== '');
      const lead = segments.findIndex((segment) => !wrappers.has(segment));
      const last = segments[segments.length - 1];
      if (last === undefined) return;
      let at = lead > 0 ? anchored : floating;
      for (const segment of lead > 0 ? segments.slice(lead) : lead < 0 ? [last] : segments) {
        let child = at.children.get(segment);
        if (!child) at.children.set(segment, (child = node()));
        at = child;
      }
      at.label = Math.min(at.label, label);
    },
    advance(from, segment) {
      let to = from.next.get(segment);
      if (to) return to;
      const leading = from.leading && wrappers.has(segment);
      const nodes = from.nodes.flatMap((at) => at.children.get(segment) ?? []);
      from.next.set(segment, (to = place([...nodes, ...(leading ? [anchored] : []), floating], leading, from.best)));
      return to;
    },
  };
}
