import { defaultSettings, models, sampleFile, sampleText } from './cases.mjs';
import { spread, timeInTurn } from './timing.mjs';

/** Microseconds, text to parameters: the budget of DESIGN for a model of 100 layers, warm. */
const analysisLimit = 2000;
/** Of all presets on DeepSeek-V3's tree, in microseconds. */
const allPresetsLimit = 50_000;

/**
 * Times one analysis of each model, whole and by its parts, in turn with the reference where it is there.
 *
 * @param {object} engine what engine.ts exports
 * @param {Awaited<ReturnType<typeof import('./reference.mjs').startReference>>} reference
 * @param {{ warm: number, rounds: number, builds: number }} options `builds`: models that the reference builds of each kind
 */
export async function timeAnalyses(engine, reference, { warm, rounds, builds }) {
  const settings = defaultSettings(engine);
  const steps = Object.fromEntries(models.map((name) => [name, stepsOf(engine, sampleText(name), settings)]));
  const tasks = {};
  for (const name of models) for (const [step, run] of Object.entries(steps[name].run)) tasks[`${name} ${step}`] = run;

  timeInTurn(tasks, { warm, rounds: 0 });
  const times = Object.fromEntries(Object.keys(tasks).map((task) => [task, []]));
  const built = Object.fromEntries(models.map((name) => [name, []]));
  if (reference) for (const name of models) await reference.build(sampleFile(name)); // imports what it needs
  for (let turn = 0; turn < builds; turn++) {
    const some = timeInTurn(tasks, { warm: 20, rounds: Math.ceil(rounds / builds) });
    for (const [task, more] of Object.entries(some)) times[task].push(...more);
    if (!reference) continue;
    for (const name of models) {
      const { seconds, parameters } = await reference.build(sampleFile(name));
      if (parameters !== steps[name].parameters)
        throw new Error(`${name}: ${steps[name].parameters} parameters, the reference has ${parameters}`);
      built[name].push(seconds * 1e6);
    }
  }
  const analyses = models.flatMap((name) =>
    Object.keys(steps[name].run).map((step) => ({
      name: `${name}: ${step}`,
      unit: 'µs',
      ...spread(times[`${name} ${step}`]),
      ...(step === 'text to parameters' && { limit: analysisLimit }),
    })),
  );
  const peers = models.flatMap((name) => {
    if (built[name].length === 0) return [];
    const peer = spread(built[name]);
    const ratioOf = (step) => peer.median / spread(times[`${name} ${step}`]).median;
    return [
      { name: `${name}: the reference builds it on the meta device (processor time)`, unit: 'µs', ...peer },
      { name: `${name}: times faster, text to parameters`, unit: '×', median: ratioOf('text to parameters') },
      { name: `${name}: times faster, everything but hints`, unit: '×', median: ratioOf('text to parameters and estimate') },
    ];
  });
  return { analyses, peers };
}

function stepsOf(engine, text, settings) {
  const { analyze, analyzeText, buildModel, countParameters, describeCheckpoint, estimate, findFamily, findingSink, parseConfig } = engine;
  const { root } = parseConfig(text);
  const analysis = analyze(root);
  const { model, modelType, inventory, dtype } = analysis;
  const run = {
    parse: () => parseConfig(text),
    tree: () => buildModel(root, modelType, model.family, findFamily, findingSink()),
    walks: () => [engine.takeInventory(model.tree), countParameters(inventory), describeCheckpoint(root, inventory, dtype.value)],
    'text to parameters': () => analyzeText(text),
    'estimate, 4 precisions × 2 devices': () => estimate(analysis, settings),
    'text to parameters and estimate': () => estimate(analyzeText(text).result, settings),
    hints: () => engine.insightsFor(analysis, settings),
  };
  return { run, parameters: analysis.parameters.total };
}

/** All presets on one inventory. */
export function timePresets(engine, { warm, rounds }) {
  const analysis = engine.analyzeText(sampleText('DeepSeek-V3')).result;
  const each = Object.fromEntries(engine.presetNames.map((name) => [name, () => engine.weightsAt(analysis, name)]));
  const all = () => engine.presetNames.map((name) => engine.weightsAt(analysis, name));
  const times = timeInTurn({ [`all ${engine.presetNames.length} presets`]: all, ...each }, { warm, rounds });
  return Object.entries(times).map(([name, some]) => ({
    name: `DeepSeek-V3: ${name}`,
    unit: 'µs',
    ...spread(some),
    ...(name.startsWith('all ') && { limit: allPresetsLimit }),
  }));
}
