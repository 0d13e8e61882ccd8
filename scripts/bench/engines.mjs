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
    const machine = { version: undefined, device: found.device, count, memory: undefined, options: {} };
    const start = (each, asked) => engine.answerRun(asked, { ...machine, engine: each, weights: weightsOf[each.id] ?? 'checkpoint' });
    const each = Object.fromEntries(engine.engines.map((one) => [one.title, () => start(one, { ...analysis })]));
    // As a surface asks: all engines about one analysis, which is new to them.
    const all = () => {
      const asked = { ...analysis };
      return engine.engines.map((one) => start(one, asked));
    };
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
