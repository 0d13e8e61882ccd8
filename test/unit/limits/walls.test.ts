import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analyze, devices, toJson, type Analysis, type JsonObject } from '../../../src/engine/index';
import { decodeBound, decodeReads } from '../../../src/engine/limits/bandwidth';
import { ringAllReduceBytes } from '../../../src/engine/limits/communication';
import { computeOptimalTokens, deviceSeconds, secondsPerYear, trainingFlops, trainingThroughput } from '../../../src/engine/limits/compute';
import { contextThatOutgrows } from '../../../src/engine/limits/context';
import { textBytes, tokensPerParameter } from '../../../src/engine/limits/data';
import { devicesToHold, trainingStateBytes } from '../../../src/engine/limits/storage';

const close = (actual: number, expected: number, share: number): void =>
  assert.ok(Math.abs(actual / expected - 1) <= share, `${actual} is not within ${share * 100} % of ${expected}`);

function model(config: Record<string, unknown>): Analysis {
  const result = analyze(toJson(config) as JsonObject);
  assert.ok(result.kind === 'model', result.kind);
  return result;
}

describe('limits', () => {
  it('computes GPT-3: about 314 ZFLOP, about 32 years of one A100 at its peak', () => {
    const flops = trainingFlops(174.6e9, 300e9);
    close(flops, 314e21, 0.005);
    close(deviceSeconds(flops, 312e12) / secondsPerYear, 32, 0.01);
    close(deviceSeconds(flops, 312e12, 0.5) / secondsPerYear, 64, 0.01);
  });

  it('takes the compute-optimal data set of Chinchilla: 1.4 T tokens for 70 B', () => {
    assert.equal(computeOptimalTokens(70e9), 1.4e12);
  });

  it('never takes anything but dense 16-bit arithmetic for training', () => {
    for (const device of devices) {
      const found = trainingThroughput(device);
      assert.equal(found?.flopsPerSecond, device.throughput.bf16 ?? device.throughput.fp16, device.name);
    }
  });

  it('keeps 16 bytes per parameter for Adam: 1.6 TB for 100 B, 2.8 TB for 175 B', () => {
    assert.equal(trainingStateBytes(100e9), 1.6e12);
    assert.equal(trainingStateBytes(175e9), 2.8e12);
    assert.equal(devicesToHold(2.8e12, 80e9), 35);
  });

  it('moves nearly twice the gradients in a ring, and nothing on one device', () => {
    assert.equal(ringAllReduceBytes(100, 1), 0);
    assert.equal(ringAllReduceBytes(100, 2), 100);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4096 }), (devicesInRing) => {
        const moved = ringAllReduceBytes(1, devicesInRing);
        assert.ok(moved >= 1 && moved < 2);
      }),
    );
  });

  it('finds the first context whose cache is larger than the weights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 1, max: 1e7 }), (weights, perToken) => {
        const tokens = contextThatOutgrows(weights, (context) => context * perToken);
        assert.ok(tokens !== null);
        assert.ok(tokens * perToken > weights && (tokens - 1) * perToken <= weights);
      }),
    );
    assert.equal(
      contextThatOutgrows(1000, () => 1000),
      null,
    );
  });

  it('tells Llama 3 8B apart from compute-optimal data: 1,875 tokens per parameter', () => {
    assert.equal(tokensPerParameter(15e12, 8e9), 1875);
    close(textBytes(15e12), 59e12, 0.01);
  });
});

describe('decode bandwidth', () => {
  const dense = { model_type: 'llama', architectures: ['LlamaForCausalLM'], num_hidden_layers: 2, vocab_size: 1000, hidden_size: 64, intermediate_size: 128, num_attention_heads: 4 }; // prettier-ignore
  const asBytes = ({ parameters }: Analysis): Record<string, number> =>
    Object.fromEntries(Object.entries(parameters.byComponent).map(([component, count]) => [component, count * 2]));

  it('reads everything of a dense model but the table that it looks up', () => {
    const untied = model({ ...dense, tie_word_embeddings: false });
    const reads = decodeReads(untied.inventory, asBytes(untied));
    assert.equal(reads.notRead.embedding, 1000 * 64 * 2);
    assert.equal(reads.bytes, untied.parameters.total * 2 - 1000 * 64 * 2);
  });

  it('reads the table once when it is the head too', () => {
    const tied = model({ ...dense, tie_word_embeddings: true });
    const reads = decodeReads(tied.inventory, asBytes(tied));
    assert.equal(reads.notRead.embedding, 0);
    assert.equal(reads.bytes, tied.parameters.total * 2);
  });

  it('reads the chosen experts only', () => {
    const sparse = model({
      model_type: 'mixtral', architectures: ['MixtralForCausalLM'], num_hidden_layers: 2, vocab_size: 1000, hidden_size: 64,
      intermediate_size: 128, num_attention_heads: 4, num_key_value_heads: 2, num_local_experts: 8, num_experts_per_tok: 2,
      tie_word_embeddings: false,
    }); // prettier-ignore
    const reads = decodeReads(sparse.inventory, asBytes(sparse));
    const { total, active, byComponent } = sparse.parameters;
    assert.equal(reads.notRead.experts, (total - active) * 2);
    assert.equal(reads.bytes, (active - (byComponent.embedding ?? 0)) * 2);
  });

  it('bounds tokens per second by bytes per token', () => {
    close(decodeBound(1008e9, 16e9), 63, 0.001);
  });
});
