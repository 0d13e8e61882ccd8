import { sampleText } from './cases.mjs';
import { spread, timeInTurn } from './timing.mjs';

/** All engines for one model and one device, in µs. */
const allEnginesLimit = 5000;

/** Weights that an engine can load, where it takes no checkpoint of safetensors. */
const weightsOf = { 'llama.cpp': 'Q4_K_M', ollama: 'Q4_K_M', 'lm-studio': 'Q4_K_M', exllama: 'exl2-4.0bpw' };
const models = { 'Llama-3.1-8B': ['H100 SXM 80GB', 1], 'Qwen3-30B-A3B': ['H100 SXM 80GB', 2], 'DeepSeek-V3': ['H200 SXM', 8] };

/** One start of every engine, of a model whose analysis no engine has seen before. */
export function timeEngines(engine, { warm, rounds }) {
  return Object.entries(models).flatMap(([name, [deviceName, count]]) => {
    const analysis = engine.analyzeText(sampleText(name)).result;
    const found = engine.findDevice(deviceName);
    if (found.kind !== 'found') throw new Error(`no device ${deviceName}`);
    const start = (each) => () =>
      engine.answerRun(
        { ...analysis },
        {
          engine: each,
          version: undefined,
          device: found.device,
          count,
          memory: undefined,
          weights: weightsOf[each.id] ?? 'checkpoint',
          options: {},
        },
      );
    const each = Object.fromEntries(engine.engines.map((one) => [one.title, start(one)]));
    const all = () => Object.values(each).map((run) => run());
    const times = timeInTurn(
      { [`all ${engine.engines.length} engines`]: all, ...each },
      { warm: Math.ceil(warm / 20), rounds: Math.ceil(rounds / 20) },
    );
    return Object.entries(times).map(([title, some]) => ({
      name: `${name}: ${title}`,
      unit: 'µs',
      ...spread(some),
      ...(title.startsWith('all ') && { limit: allEnginesLimit }),
    }));
  });
}
