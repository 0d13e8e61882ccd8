import assert from 'node:assert/strict';
import { presets, weightsAt, type KeepEdits } from '../../../src/engine/index';
import type { TrialView } from '../../../src/shared/panel/snapshot';
import { analysisOf, contentFor, device, sample, shownFor, type Asked } from './models';

const llama = sample('Llama-3.1-8B');
function trialOf(preset: string, edits: KeepEdits = {}, asked: Asked = {}, analysis = llama): TrialView {
  const { trial } = contentFor(analysis, { ...asked, trial: { preset, edits } }).whatIf;
  assert.ok(trial);
  return trial;
}
const component = ({ components }: TrialView, name: string) => components.find((each) => each.name === name);

describe('a quantization that is tried in the panel', () => {
  it('is none until somebody asks, and begins with what is chosen', () => {
    assert.deepEqual(contentFor(llama).whatIf, { start: 'fp8-channel', trial: null });
    assert.equal(contentFor(llama, { precision: 'awq-int4-g128' }).whatIf.start, 'awq-int4-g128');
    assert.equal(contentFor(llama, { precisions: ['checkpoint'] }).whatIf.start, 'awq-int4-g128');
    assert.equal(contentFor(llama, { trial: { preset: 'nobody-knows', edits: {} } }).whatIf.trial, null);
  });

  it('tells bytes and bits of every component before and after, and their sum', () => {
    const trial = trialOf('awq-int4-g128', { quantize: ['head'], firstLayers: 2 });
    assert.deepEqual(component(trial, 'head'), {
      name: 'head',
      own: '1,002 MiB',
      ownBits: '16.00',
      before: '1,002 MiB',
      after: '260.3 MiB',
      afterBits: '4.16',
      difference: '−741.7 MiB',
    });
    assert.equal(component(trial, 'embedding')?.difference, '0');
    const { bytes, bitsPerWeight } = weightsAt(llama, 'awq-int4-g128', { edits: { quantize: ['head'], firstLayers: 2 } });
    assert.match(trial.after.how.formula.at(-1) ?? '', new RegExp(bytes.toLocaleString('en')));
    assert.equal(component(trial, 'total')?.afterBits, bitsPerWeight.toFixed(2));
    assert.equal(trial.bits, `${bitsPerWeight.toFixed(2)} bits per weight`);
    assert.equal(trial.basis, 'by rule');
    assert.ok(trial.changed && !trial.chosen);
  });

  it('knows the parts, and marks those that are quantized now', () => {
    const marks = (edits: KeepEdits) => trialOf('awq-int4-g128', edits).parts.map(({ part, quantized, habit }) => [part, quantized, habit]);
    assert.deepEqual(marks({}), [
      ['attention', true, true],
      ['mlp', true, true],
      ['embedding', false, false],
      ['head', false, false],
    ]);
    assert.deepEqual(marks({ keep: ['mlp'], quantize: ['head'] }), [
      ['attention', true, true],
      ['mlp', false, true],
      ['embedding', false, false],
      ['head', true, false],
    ]);
  });

  it('heeds what changes something, and nothing else', () => {
    // Llama has no towers, and its head stays anyway.
    const trial = trialOf('awq-int4-g128', { keep: ['towers', 'head'], quantize: ['attention'] });
    assert.ok(!trial.changed);
    assert.equal(trial.basis, 'exact');
    assert.equal(trial.difference, '');
    const layers = trialOf('awq-int4-g128', { firstLayers: 1000, lastLayers: 5 }).layers;
    assert.deepEqual(layers, { first: 32, last: 0, most: 32 });
  });

  it('offers other groups, and marks those that do not divide the rows', () => {
    const narrow = analysisOf(JSON.stringify({ ...(llama.root as object), intermediate_size: 14400 }));
    const groups = (preset: string, edits: KeepEdits = {}) =>
      trialOf(preset, edits, {}, narrow).groups.map(({ value, refused }) => [value, refused]);
    assert.deepEqual(groups('gptq-int4-g128'), [
      ['gptq-int4-g32', false],
      ['gptq-int4-g64', false],
      ['gptq-int4-g128', true],
      ['gptq-int4-channel', false],
    ]);
    assert.deepEqual(groups('gptq-int4-g128', { keep: ['mlp'] })[2], ['gptq-int4-g128', false]);
    assert.deepEqual(groups('bnb-nf4').slice(0, 3), [
      ['bnb-nf4-b32', false],
      ['bnb-nf4', false],
      ['bnb-nf4-b128', false],
    ]);
    assert.deepEqual(groups('w8a8-int8'), []);
  });

  it('says in place what stands against it, and estimates all the same', () => {
    const narrow = analysisOf(JSON.stringify({ ...(llama.root as object), intermediate_size: 14400 }));
    const texts = (preset: string, asked: Asked = {}, analysis = llama): readonly string[] =>
      trialOf(preset, {}, asked, analysis).refusals.map(({ place, text }) => `${place}|${text}`);
    assert.match(texts('awq-int4-g128', {}, narrow).join('\n'), /^\|Groups of 128 do not divide the 14,400 columns/);
    assert.match(trialOf('awq-int4-g128', {}, {}, narrow).after.text, /GiB$/);
    assert.equal(trialOf('awq-int4-g128', {}, {}, narrow).reach[0]?.after.kind, 'refused');
    const on = (name: string, count = 1) => ({ targets: [{ device: device(name), count }] });
    assert.match(texts('gptq-int4-g128', on('RTX 4090', 3)).join('\n'), /3 × RTX 4090\|.*cannot be cut into 3 equal parts/);
    assert.match(texts('gptq-int4-g128', on('T4')).join('\n'), /T4\|.*BF16/);
    assert.match(texts('gptq-int4-g64', {}, narrow).join('\n'), /\|The fast kernel \(Marlin\) works in multiples of 128 columns/);
    assert.deepEqual(texts('awq-int4-g128'), []);
  });

  it('says why the list of a writer with its own rules cannot be changed', () => {
    const trial = trialOf('Q4_K_M', { keep: ['mlp'] });
    assert.match(trial.fixed, /^llama\.cpp decides/);
    assert.deepEqual([trial.parts, trial.layers, trial.changed], [[], null, false]);
    assert.match(trial.after.text, /^4\.58 GiB/);
    assert.match(trialOf('bf16').fixed, /Nothing is quantized/);
  });

  it('tells how far the targets reach before and after', () => {
    const [first] = trialOf('awq-int4-g128', { keep: ['mlp'] }, { context: 100_000 }).reach;
    assert.equal(first?.target, 'RTX 4090');
    assert.equal(first.before, '131,072');
    assert.equal(first.after.kind, 'over');
  });

  it('has the report that the command makes', () => {
    const shown = shownFor(llama, { trial: { preset: 'awq-int4-g128', edits: { quantize: ['head'] } } });
    assert.match(shown.report?.() ?? '', /^# config\.json as AWQ INT4 g128[^]*- Quantized as well: head[^]*\| head \|/);
    assert.equal(shownFor(llama).report, undefined);
  });

  it('bears every preset on every kind of model', () => {
    for (const name of ['DeepSeek-V3', 'gemma-3-4b-it', 'mamba-2.8b', 'bert-base-uncased', 'Qwen2.5-7B-Instruct-AWQ']) {
      const analysis = sample(name);
      for (const preset of presets.filter((_, index) => index % 7 === 0)) {
        const trial = trialOf(preset.name, { keep: ['attention'], quantize: ['embedding', 'towers'], lastLayers: 1 }, {}, analysis);
        assert.doesNotMatch(JSON.stringify(trial), /undefined|NaN|Infinity|\{\d\}/, `${name} ${preset.name}`);
      }
    }
  });
});
