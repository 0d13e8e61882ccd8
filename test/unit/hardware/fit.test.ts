import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gib, type Device } from '../../../src/engine/hardware/device';
import { devices } from '../../../src/engine/hardware/devices';
import { fit, fitsOn, type CacheDivision, type Fit, type FitInput } from '../../../src/engine/hardware/fit';
import { findDevice } from '../../../src/engine/hardware/lookup';
import { smallestCount, smallestThatFit } from '../../../src/engine/hardware/smallest';

function device(name: string): Device {
  const result = findDevice(name);
  assert.ok(result.kind === 'found', name);
  return result.device;
}

/** Llama-3.1-8B at bf16. */
const llama: FitInput = {
  weights: 16_060_522_496,
  cacheAt: (context, batch) => 131_072 * context * batch,
  context: 8192,
  batch: 1,
  modelContextLimit: 131_072,
  precision: 'bf16',
  computeDtype: 'bf16',
  cacheDivision: { kvHeads: 8 },
};
const known = devices.filter(({ usable }) => usable !== null);
const anyKnown = fc.constantFrom(...known);
const count = fc.integer({ min: 1, max: 16 });
const model = fc.record({
  weights: fc.oneof(fc.integer({ min: 1, max: 2 ** 34 }), fc.integer({ min: 1, max: 2 ** 42 })),
  perToken: fc.integer({ min: 0, max: 2 ** 22 }),
  state: fc.integer({ min: 0, max: 2 ** 30 }),
  window: fc.option(fc.integer({ min: 1, max: 2 ** 20 }), { nil: Infinity }),
  context: fc.integer({ min: 1, max: 2 ** 20 }),
  batch: fc.integer({ min: 1, max: 128 }),
  limit: fc.option(fc.integer({ min: 1, max: 2 ** 22 })),
  division: fc.oneof(
    fc.constant<CacheDivision>('evenly'),
    fc.constant<CacheDivision>('replicated'),
    fc.integer({ min: 1, max: 64 }).map((kvHeads) => ({ kvHeads })),
  ),
});
type Model = typeof model extends fc.Arbitrary<infer T> ? T : never;
const inputOf = (m: Model): FitInput => ({
  weights: m.weights,
  cacheAt: (context, batch) => (m.state + m.perToken * Math.min(context, m.window)) * batch,
  context: m.context,
  batch: m.batch,
  modelContextLimit: m.limit,
  precision: 'bf16',
  cacheDivision: m.division,
});
const holds = (f: Fit): boolean => f.total <= (f.usable ?? 0);

describe('fit', () => {
  it('adds weights, cache and an allowance, in bytes of one device', () => {
    const result = fit(device('RTX 4090'), 1, llama);
    assert.equal(result.weights, llama.weights);
    assert.equal(result.cache, 2 ** 30);
    assert.equal(result.total, result.weights + result.cache + result.allowance);
    assert.equal(result.fits, true);
    // Just over 1 GiB: 0.8 GiB + 2 % of the weights.
    assert.equal(result.allowance, Math.ceil(0.8 * gib + 0.02 * llama.weights));
    assert.equal(result.basis.kind, 'approximate');
  });

  it('says how far the context goes by memory, and stops at the model’s own limit', () => {
    const small = fit(device('RTX 4090'), 1, llama);
    assert.equal(small.maxContext, small.memoryContext);
    assert.equal(small.memoryContext, Math.floor((25_250_627_584 - small.weights - small.allowance) / 131_072));
    const large = fit(device('H100 SXM 80GB'), 1, llama);
    assert.equal(large.maxContext, 131_072);
    assert.ok((large.memoryContext ?? 0) > 131_072);
    assert.ok(large.basis.reasons.includes('limited-by-model'));
  });

  it('never says that a model fits on a device of unknown memory', () => {
    const unknown = devices.filter(({ memoryBytes }) => memoryBytes === null);
    assert.ok(unknown.length > 0);
    for (const each of unknown) {
      for (const n of [1, 16]) {
        const result = fit(each, n, { ...llama, weights: 1, cacheAt: () => 0 });
        assert.deepEqual(
          [result.fits, result.usable, result.maxContext, result.memoryContext, result.maxBatch],
          [null, null, null, null, null],
        );
        assert.ok(result.basis.reasons.includes('usable-unknown'));
        assert.equal(fitsOn(each, n, llama), null);
      }
      assert.equal(smallestCount(each, llama), null);
    }
    assert.deepEqual(smallestThatFit(unknown, { ...llama, weights: 1, cacheAt: () => 0 }), []);
  });

  it('finds no bound for a state that does not grow, without searching forever', () => {
    const mamba: FitInput = { ...llama, cacheAt: (_, batch) => 20_000_000 * batch, modelContextLimit: null, cacheDivision: 'evenly' };
    const result = fit(device('RTX 4090'), 1, mamba);
    assert.equal(result.fits, true);
    assert.equal(result.memoryContext, null);
    assert.equal(result.maxContext, null);
    assert.ok(result.basis.reasons.includes('context-unbounded'));
    assert.ok((result.maxBatch ?? 0) > 300);
    assert.equal(fit(device('RTX 4090'), 1, { ...mamba, modelContextLimit: 2048 }).maxContext, 2048);
  });

  it('finds no bound for a window that fits whole', () => {
    const result = fit(device('RTX 4090'), 1, { ...llama, cacheAt: (context, batch) => 131_072 * Math.min(context, 4096) * batch });
    assert.equal(result.memoryContext, null);
    assert.equal(result.maxContext, 131_072);
  });

  it('reports 0 when not even one token fits', () => {
    const result = fit(device('RTX 3060 12GB'), 1, llama);
    assert.deepEqual([result.fits, result.memoryContext, result.maxContext, result.maxBatch], [false, 0, 0, 0]);
  });

  it('bounds the batch of a model without a cache by nothing', () => {
    const result = fit(device('RTX 4090'), 1, { ...llama, cacheAt: () => 0 });
    assert.equal(result.maxBatch, null);
    assert.ok(result.basis.reasons.includes('batch-unbounded'));
  });

  it('divides whole heads, repeats them on more devices than heads, and repeats latent attention', () => {
    const on = (n: number, cacheDivision: CacheDivision): number => fit(device('H100 SXM 80GB'), n, { ...llama, cacheDivision }).cache;
    const whole = 2 ** 30;
    assert.equal(on(4, { kvHeads: 8 }), whole / 4);
    assert.equal(on(16, { kvHeads: 8 }), whole / 8);
    assert.equal(on(3, { kvHeads: 8 }), (whole * 3) / 8);
    assert.equal(on(4, { kvHeads: 1 }), whole);
    assert.equal(on(4, 'replicated'), whole);
    assert.equal(on(4, 'evenly'), whole / 4);
    assert.equal(on(3, 'evenly'), Math.ceil(whole / 3));
  });

  it('rounds up, so that the devices together hold the whole model', () => {
    fc.assert(
      fc.property(model, anyKnown, count, (m, each, n) => {
        const result = fit(each, n, inputOf(m));
        assert.ok(result.weights * n >= m.weights);
        assert.ok(result.cache * n >= inputOf(m).cacheAt(m.context, m.batch));
        assert.ok([result.weights, result.cache, result.allowance, result.total].every(Number.isSafeInteger));
      }),
    );
  });

  it('splits a card of several parts like so many devices', () => {
    const result = fit(device('MI250'), 1, { ...llama, cacheDivision: 'replicated' });
    assert.equal(result.cache, 2 * 2 ** 30);
    assert.ok(result.basis.reasons.includes('split-over-parts'));
    // 4 × 16 GB is no 64 GB: latent attention that is held four times does not fit.
    const input: FitInput = { ...llama, weights: 40e9, cacheAt: () => 8e9, cacheDivision: 'replicated' };
    assert.equal(fit(device('A16'), 1, input).fits, false);
    assert.equal(fit(device('A16'), 1, { ...input, cacheDivision: 'evenly', cacheAt: () => 1e9 }).fits, true);
  });

  it('warns where the hardware does not multiply the format', () => {
    const reasons = (name: string, computeDtype: FitInput['computeDtype']): readonly string[] =>
      fit(device(name), 1, { ...llama, computeDtype: computeDtype ?? null }).basis.reasons;
    assert.ok(reasons('V100 SXM2 32GB', 'bf16').includes('dtype-not-native'));
    assert.ok(reasons('RTX 3090', 'fp8').includes('dtype-not-native'));
    assert.ok(!reasons('RTX 4090', 'fp8').includes('dtype-not-native'));
    assert.ok(!reasons('V100 SXM2 32GB', null).includes('dtype-not-native'));
    assert.ok(reasons('Snapdragon 8 Gen 3', 'bf16').includes('dtype-support-unknown'));
  });

  it('says so when the bands leave the answer open', () => {
    assert.ok(!fit(device('H100 SXM 80GB'), 1, llama).basis.reasons.includes('within-band'));
    const tight = fit(device('RTX 4090'), 1, { ...llama, context: 55_000 });
    assert.equal(tight.fits, true);
    assert.ok(tight.basis.reasons.includes('within-band'));
    assert.ok(!fit(device('RTX 3060 12GB'), 1, llama).basis.reasons.includes('within-band'));
  });

  it('counts what the driver keeps where only its total is known', () => {
    const runtime = fit(device('RTX A6000'), 1, llama).allowance;
    const driver = fit(device('L40S'), 1, llama).allowance;
    assert.equal(driver - runtime, 0.5 * gib);
  });

  it('gives a small device a small allowance', () => {
    const result = fit(device('Groq LPU v1'), 1, { ...llama, weights: 1_000_000, cacheAt: () => 0 });
    assert.equal(result.fits, true);
    assert.ok(result.allowance < 32_000_000);
  });

  it('finds exact limits: they fit, and one more does not', () => {
    fc.assert(
      fc.property(model, anyKnown, count, (m, each, n) => {
        const input = inputOf(m);
        const { memoryContext, maxBatch } = fit(each, n, input);
        if (memoryContext !== null) {
          if (memoryContext > 0) assert.ok(holds(fit(each, n, { ...input, context: memoryContext })));
          assert.ok(!holds(fit(each, n, { ...input, context: memoryContext + 1 })));
        }
        if (maxBatch !== null) {
          if (maxBatch > 0) assert.ok(holds(fit(each, n, { ...input, batch: maxBatch })));
          assert.ok(!holds(fit(each, n, { ...input, batch: maxBatch + 1 })));
        }
      }),
    );
  });

  it('agrees with itself: it fits exactly when context and batch are within their limits', () => {
    fc.assert(
      fc.property(model, anyKnown, count, (m, each, n) => {
        const input = inputOf(m);
        const result = fit(each, n, input);
        assert.equal(result.fits, result.memoryContext === null || result.memoryContext >= m.context);
        assert.equal(result.fits, result.maxBatch === null || result.maxBatch >= m.batch);
        assert.equal(result.fits, fitsOn(each, n, input));
        if (m.limit !== null) assert.ok(result.maxContext !== null && result.maxContext <= m.limit);
      }),
    );
  });

  it('never fits more with heavier weights, a longer context or a larger batch', () => {
    fc.assert(
      fc.property(model, anyKnown, count, fc.integer({ min: 0, max: 2 ** 32 }), (m, each, n, more) => {
        const before = fit(each, n, inputOf(m));
        for (const changed of [
          { ...m, weights: m.weights + more },
          { ...m, context: m.context + more },
          { ...m, batch: m.batch + (more % 1000) },
        ]) {
          const after = fit(each, n, inputOf(changed));
          assert.ok(after.total >= before.total);
          if (after.fits) assert.equal(before.fits, true);
        }
      }),
    );
  });

  it('never needs more per device with more devices, once split', () => {
    fc.assert(
      fc.property(model, anyKnown, fc.integer({ min: 2, max: 15 }), (m, each, n) => {
        assert.ok(fit(each, n + 1, inputOf(m)).total <= fit(each, n, inputOf(m)).total);
      }),
    );
  });
});

describe('the smallest hardware that fits', () => {
  it('orders devices by usable memory, and each of them fits', () => {
    const found = smallestThatFit(devices, llama);
    assert.ok(found.length > 20);
    found.forEach((each, i) => {
      assert.equal(fit(each, 1, llama).fits, true);
      const next = found[i + 1];
      assert.ok(!next || (each.usable?.bytes ?? 0) <= (next.usable?.bytes ?? 0));
    });
    assert.deepEqual(smallestThatFit(devices, llama, 3), found.slice(0, 3));
    const smallest = found[0]?.usable?.bytes ?? 0;
    for (const each of known) if ((each.usable?.bytes ?? 0) < smallest) assert.equal(fit(each, 1, llama).fits, false, each.name);
  });

  it('finds the fewest devices of a kind, or none up to 16', () => {
    const seventy: FitInput = { ...llama, weights: 141_107_412_992, cacheAt: (context, batch) => 327_680 * context * batch };
    assert.equal(smallestCount(device('H100 SXM 80GB'), seventy), 2);
    assert.equal(smallestCount(device('RTX 4090'), seventy), 7);
    assert.equal(smallestCount(device('Groq LPU v1'), seventy), null);
    fc.assert(
      fc.property(model, anyKnown, (m, each) => {
        const fewest = smallestCount(each, inputOf(m));
        for (let n = 1; n < (fewest ?? 17); n++) assert.equal(fit(each, n, inputOf(m)).fits, false);
        if (fewest !== null) assert.equal(fit(each, fewest, inputOf(m)).fits, true);
      }),
    );
  });
});
