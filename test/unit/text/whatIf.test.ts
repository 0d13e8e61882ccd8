import assert from 'node:assert/strict';
import {
  analyze,
  defaultStyle,
  estimate,
  findDevice,
  findPreset,
  type Analysis,
  type JsonObject,
  type Preset,
} from '../../../src/engine/index';
import { english } from '../../../src/shared/text/translate';
import { whatIfReport } from '../../../src/shared/text/whatIf';
import { otherGroups, partsOf } from '../../../src/shared/whatIf';
import { llama31Of8B, qwen3Of30BA3B } from '../quantization/models';

const preset = (name: string): Preset => {
  const found = findPreset(name);
  assert.ok(found);
  return found;
};
const shownOn = (config: JsonObject, device: string, count = 1) => {
  const found = findDevice(device);
  assert.ok(found.kind === 'found');
  const settings = {
    context: 8192,
    batch: 1,
    kvDtype: 'auto',
    precisions: ['checkpoint'],
    targets: [{ device: found.device, count }],
  } as const;
  return estimate(analyze(config) as Analysis, settings);
};
const report = (config: JsonObject, name: string, edits: Parameters<typeof whatIfReport>[3], device = 'RTX 4090', count = 1): string =>
  whatIfReport('config.json', shownOn(config, device, count), preset(name), edits, english, defaultStyle);

describe('what if it were quantized differently', () => {
  it('tells the effect on each component and on the whole', () => {
    const text = report(llama31Of8B, 'awq-int4-g128', { quantize: ['head'], firstLayers: 2 });
    assert.match(text, /\*\*14\.96 GiB → [\d.]+ GiB\*\*/);
    assert.match(text, /- Quantized as well: head/);
    assert.match(text, /- The first 2 layers are kept whole/);
    assert.match(text, /\| head \| 1,?002 MiB \| 1,?002 MiB \| 260\.3 MiB \| −741\.7 MiB \|/);
    assert.match(text, /\| embedding \|.*\| 0 \|/);
    assert.match(text, /by rule \(with a changed keep list\)/);
  });
  it('says how the reach on the targets changes', () => {
    assert.match(report(llama31Of8B, 'awq-int4-g128', { keep: ['mlp'] }), /\| RTX 4090.* \| .*k.* \| .*k.* \|/);
  });
  it('offers the other groups of the format', () => {
    assert.deepEqual(
      otherGroups(preset('gptq-int4-g128')).map(({ name }) => name),
      ['gptq-int4-g32', 'gptq-int4-g64', 'gptq-int4-g128', 'gptq-int4-channel'],
    );
    assert.match(report(llama31Of8B, 'gptq-int4-g128', {}), /\*\*Other groups\*\*: GPTQ INT4 g32 .* · \*\*GPTQ INT4 g128 /);
  });
  it('says what stands against it: cuts through groups, old devices, other makers', () => {
    const odd = { ...llama31Of8B, intermediate_size: 14400 };
    assert.match(
      report(odd, 'awq-int4-g128', {}),
      /Groups of 128 do not divide the 14,400 columns of model\.layers\.\{n\}\.mlp\.down\\?_proj\.weight/,
    );
    assert.match(report(llama31Of8B, 'awq-int4-g128', {}, 'V100 SXM2 32GB'), /V100.*: Needs compute capability 7\.5; this device has 7/);
    assert.match(report(llama31Of8B, 'awq-int4-g128', {}, 'T4'), /T4: What stays at 16 bits is BF16/);
    assert.match(report(llama31Of8B, 'awq-int4-g128', {}, 'RTX 4090', 3), /3 × RTX 4090.*: .*cannot be cut into 3 equal parts/);
    assert.doesNotMatch(report(llama31Of8B, 'awq-int4-g128', {}), /What stands against it/);
  });
  it('knows which parts a model has, and what the preset does with them', () => {
    const parts = (config: JsonObject) =>
      partsOf(shownOn(config, 'RTX 4090'), preset('awq-int4-g128')).map(({ part, quantized }) => [part, quantized]);
    assert.deepEqual(parts(llama31Of8B), [
      ['attention', true],
      ['mlp', true],
      ['embedding', false],
      ['head', false],
    ]);
    assert.deepEqual(parts(qwen3Of30BA3B), [
      ['attention', true],
      ['experts', true],
      ['router', false],
      ['embedding', false],
      ['head', false],
    ]);
  });
});
