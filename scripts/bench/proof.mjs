import { sampleText } from './cases.mjs';
import { spread } from './timing.mjs';

/** Layers that give DeepSeek-V3 half a million tensors. */
const layers = 330;
/** Milliseconds for reading an index of that size and comparing it, and for a stretch in which nothing else may run. */
const limits = { whole: 2000, stretch: 50 };

/** Times reading and comparing half a million tensors: from an index alone, and from a header. */
export function timeProofs(engine, { rounds }) {
  const { result: analysis } = engine.analyzeText(JSON.stringify({ ...JSON.parse(sampleText('DeepSeek-V3')), num_hidden_layers: layers }));
  const tensors = [...engine.expectedTensors(analysis)];
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const placed = Object.fromEntries(tensors.map(({ name }, at) => [name, shardOf(at)]));
  const index = encode({ metadata: { total_size: total }, weight_map: placed }, 2);
  let end = 0;
  const places = tensors.map(({ name, dtype, shape, bytes }) => [name, { dtype, shape, data_offsets: [end, (end += bytes)] }]);
  const header = headerOf(encode(Object.fromEntries(places)));
  const tasks = {
    'from an index': (clock) => {
      const read = serve(index, index.length, engine.readShardIndex(index.length, engine.textPieces()), clock);
      return prove(engine, analysis, read, read.files.map(absent), clock);
    },
    'from a header': (clock) => {
      const size = header.length + total;
      const { tensors: found } = serve(header, size, engine.readSafetensorsHeader(size, engine.textPieces()), clock);
      return prove(
        engine,
        analysis,
        undefined,
        [{ name: 'model.safetensors', state: 'read', bytes: size, problems: [], tensors: found }],
        clock,
      );
    },
  };
  return Object.entries(tasks).flatMap(([name, run]) => {
    const wholes = [];
    const stretches = [];
    for (let round = -1; round < rounds; round++) {
      const clock = stopwatch();
      const { status, tensorsCompared } = run(clock);
      if (status !== 'verified' || tensorsCompared !== tensors.length) throw new Error(`${name}: ${status}, ${tensorsCompared} tensors`);
      clock.lap();
      if (round < 0) continue;
      wholes.push(clock.whole());
      stretches.push(clock.longest());
    }
    const title = `${tensors.length.toLocaleString('en')} tensors ${name}`;
    return [
      { name: title, unit: 'ms', ...spread(wholes), limit: limits.whole },
      { name: `${title}: longest stretch without a pause`, unit: 'ms', ...spread(stretches), limit: limits.stretch },
    ];
  });
}

/** Indices are laid out in lines (transformers' save_pretrained), headers are not (the safetensors library). */
const encode = (value, indent) => new TextEncoder().encode(JSON.stringify(value, null, indent));
const shardOf = (at) => `model-${String((at % 163) + 1).padStart(5, '0')}-of-00163.safetensors`;
const absent = (name) => ({ name, state: 'absent', bytes: 0, problems: [], tensors: new Map() });

function headerOf(text) {
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** Milliseconds in all, and of the longest lap. */
function stopwatch() {
  const started = performance.now();
  let last = started;
  let longest = 0;
  return {
    lap() {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    },
    whole: () => last - started,
    longest: () => longest,
  };
}

/** Brings a reader its ranges; others could run after each. */
function serve(bytes, size, reading, clock) {
  let step = reading.next();
  while (!step.done) {
    clock.lap();
    const { offset, length } = step.value;
    if (offset + length > size) throw new Error('asked beyond the end');
    const answer = new Uint8Array(length);
    answer.set(bytes.subarray(offset, offset + length));
    step = reading.next(answer);
  }
  if (step.value.kind === 'unreadable') throw new Error(step.value.problem.code);
  return step.value;
}

function prove(engine, analysis, index, files, clock) {
  const found = finish(engine.gatherFiles(index, files), clock);
  return finish(engine.compareTensors(analysis, found, 'safetensors'), clock);
}

function finish(work, clock) {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    clock.lap();
  }
}
