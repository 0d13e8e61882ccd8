import assert from 'node:assert/strict';
import fs from 'node:fs';
import { devices, type Device } from '../../../src/engine/index';
import type { Figure } from '../../../src/shared/panel/snapshot';
import { translator } from '../../../src/shared/text/translate';
import { analysisOf, contentFor, device, sample, sampleNames } from './models';

const chinese = translator(
  JSON.parse(fs.readFileSync(new URL('../../../l10n/bundle.l10n.zh-cn.json', import.meta.url), 'utf8')) as Record<string, string>,
);

/** Every text of a snapshot, with where it stands. */
function textsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${path}/${key}`));
}
const llama = sample('Llama-3.1-8B');
const formula = ({ how }: Figure): string => how.formula.join('\n');

describe('panel of every sample', () => {
  for (const name of sampleNames())
    it(`${name}: texts without holes, numbers that survive being sent`, () => {
      const analysis = sample(name);
      for (const [t, locale] of [
        [undefined, 'en'],
        [chinese, 'zh-CN'],
      ] as const) {
        const content = contentFor(analysis, { ...(t ? { t } : {}), style: { locale, memory: 'binary' }, targets: [{ device: device('RTX 4090'), count: 2 }, { device: device('MI300X'), count: 1 }] }); // prettier-ignore
        assert.deepEqual(JSON.parse(JSON.stringify(content)), content);
        for (const [path, text] of textsOf(content)) assert.doesNotMatch(text, /undefined|NaN|Infinity|\{\d+\}|\[object/, path);
      }
    });

  it('bears every kind of device, known memory or not', () => {
    const kindOf = ({ usable, parts, class: kind, bandwidth, throughput }: Device): string =>
      [usable?.basis.kind, parts, kind, bandwidth === undefined, throughput.bf16 === undefined].join();
    for (const each of new Map(devices.map((known) => [kindOf(known), known])).values()) {
      const { memory } = contentFor(llama, { targets: [{ device: each, count: 1 }] });
      assert.equal(memory.verdict === 'unknown', each.usable === null, each.name);
      assert.ok(memory.scale >= (memory.usable ?? 0));
    }
  });

  it('shows weights and cache without any device', () => {
    const { memory, controls, remedies } = contentFor(llama, { targets: [] });
    assert.equal(memory.device, null);
    assert.equal(controls.device, null);
    assert.deepEqual(
      memory.segments.map(({ id }) => id),
      ['weights', 'cache'],
    );
    assert.deepEqual(remedies, []);
  });
});

describe('panel figures', () => {
  const content = contentFor(llama);

  it('writes parameters in full, as the sum of their components', () => {
    const { parameters } = content.summary;
    assert.equal(parameters.text, '8,030,261,248 parameters');
    const numbers = parameters.how.formula.slice(0, -1).map((line) => Number(line.replace(/[^\d]/g, '')));
    assert.equal(
      numbers.reduce((sum, number) => sum + number, 0),
      8_030_261_248,
    );
  });

  it('gives every component the tensors that it is the sum of', () => {
    for (const { name, count } of content.breakdown) {
      const sizes = count.how.formula.slice(0, -1).map((line) => Number((line.split(/ = |: /).at(-1) ?? '').replaceAll(',', '')));
      assert.equal(`= ${sizes.reduce((sum, size) => sum + size, 0).toLocaleString('en')}`, count.how.formula.at(-1), name);
    }
  });

  it('puts the numbers into the formula of the cache', () => {
    assert.match(formula(content.memory.segments[1]!.figure), /32 layers × 8 KV heads × 256 × 2 B × 8,192 tokens\n= 1,073,741,824 B/);
    assert.equal(content.cache?.perToken.text, '128 KiB');
  });

  it('adds up what lies on the ruler', () => {
    const { segments, usable, rest } = content.memory;
    const held = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(held + (rest?.bytes ?? 0), usable);
  });

  it('never shows a context beyond the model, and says that the model ends it', () => {
    const { memory } = contentFor(llama, { targets: [{ device: device('H200 SXM'), count: 1 }] });
    assert.equal(memory.longestContext?.text, '131,072');
    assert.match(memory.contextBound, /the model's limit/);
    assert.match(formula(memory.longestContext!), /the model was made for 131,072 tokens/);
    assert.match(content.memory.contextBound, /by memory/);
  });

  it('says that no sequence has room rather than a number of them', () => {
    const { memory } = contentFor(llama, { context: 131_072 });
    assert.equal(memory.sequences?.text, 'none');
    assert.match(formula(memory.sequences!), /the cache of one sequence of 131,072 tokens is larger than that$/);
  });

  it('tells active parameters of a mixture of experts, and none of a dense model', () => {
    assert.equal(content.summary.active, null);
    assert.match(contentFor(sample('DeepSeek-V3')).summary.active?.text ?? '', /^37\.\dB active/);
  });

  it('leads with what the file holds when it is quantized', () => {
    const awq = contentFor(sample('Qwen2.5-7B-Instruct-AWQ'));
    assert.match(awq.precisions.rows[0]!.label, /AWQ.*this file/);
    assert.notEqual(awq.precisions.rows[0]!.kept, null);
  });

  it('shows no cache and no decoding speed of an encoder', () => {
    const bert = contentFor(sample('bert-base-uncased'), { context: 512 });
    assert.equal(bert.cache, null);
    assert.equal(bert.memory.sequences, null);
    assert.deepEqual(
      bert.walls.map(({ id }) => id),
      ['storage', 'communication'],
    );
  });

  it('says of a recurrent model that nothing grows', () => {
    const mamba = contentFor(sample('mamba-2.8b'));
    assert.equal(mamba.cache?.perToken.text, 'nothing');
    assert.deepEqual(mamba.cache.rows, []);
    assert.equal(mamba.memory.longestContext?.text, 'any');
  });

  it('marks what is estimated', () => {
    const text = JSON.stringify({ model_type: 'nobodyknows', architectures: ['XForCausalLM'], hidden_size: 1024, num_hidden_layers: 8, num_attention_heads: 8, intermediate_size: 4096, vocab_size: 32000 }); // prettier-ignore
    const { summary, precisions } = contentFor(analysisOf(text));
    assert.equal(summary.basis.kind, 'approximate');
    assert.match(summary.parameters.text, /^≈/);
    for (const { bytes } of precisions.rows) assert.match(bytes.text, /^≈/);
  });

  it('names the measurement of every cost that it shows', () => {
    const costs = content.precisions.rows.filter(({ cost }) => cost !== null);
    assert.notEqual(costs.length, 0);
    for (const { cost, facts } of costs)
      assert.ok(
        facts.some(({ text, source }) => text.includes(cost!.loss) && text.includes(cost!.model) && source !== ''),
        cost!.loss,
      );
    const whisper = contentFor(sample('whisper-large-v3'));
    for (const { cost } of whisper.precisions.rows) assert.equal(cost, null, 'measured on language models');
  });
});

describe('panel walls', () => {
  const wall = (id: string, ...asked: Parameters<typeof contentFor>): Figure => {
    const found = contentFor(...asked).walls.find((each) => each.id === id);
    assert.ok(found, id);
    return found.figure;
  };
  const a100 = { targets: [{ device: device('A100 SXM 80GB'), count: 1 }] };

  it('keeps the anchor of GPT-3: 16 bytes per parameter are 2.8 TB', () => {
    assert.match(formula(wall('storage', sample('GPT-3-175B'), a100)), /16 B per parameter\n.*\(2\.\d+ TB\)/);
  });

  it('computes training of Llama 3.1 8B on 15T tokens', () => {
    assert.match(wall('compute', llama).text, /^723 ZFLOP for 15T tokens, 139 years on one RTX 4090$/);
  });

  it('says that a peak is not known rather than a number of years', () => {
    const unknown = devices.find(({ throughput, usable }) => usable && throughput.bf16 === undefined && throughput.fp16 === undefined);
    assert.ok(unknown);
    const figure = wall('compute', llama, { targets: [{ device: unknown, count: 1 }] });
    assert.doesNotMatch(figure.text, /years|days/);
    assert.ok(figure.how.notes.some((note) => note.includes('is not known')));
  });

  it('finds where the cache outgrows the weights', () => {
    // 16,060,522,496 B of weights over 131,072 B per token
    assert.match(formula(wall('context', llama)), /cache at 122,533 tokens/);
  });

  it('reads less per token at fewer bits, so that the bound rises', () => {
    const speed = (figure: Figure): number => Number(/[\d.]+/.exec(figure.text)?.[0]);
    assert.ok(speed(wall('bandwidth', llama, { precision: 'awq-int4-g128' })) > 2 * speed(wall('bandwidth', llama)));
  });
});
