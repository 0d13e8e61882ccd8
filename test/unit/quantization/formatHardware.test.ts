import assert from 'node:assert/strict';
import { hardwareNeedOf, hardwareOf, type HardwareNeed } from '../../../src/engine/index';
import { formatHardware } from '../../../src/engine/quantization/formatHardware';
import { presets } from '../../../src/engine/quantization/presets';
import { hardwareText, needText } from '../../../src/shared/text/hardware';
import { english } from '../../../src/shared/text/translate';

const needs = Object.keys(formatHardware) as HardwareNeed[];

describe('what formats ask of hardware', () => {
  it('is known for every preset but plain types that run anywhere', () => {
    const unknown = presets.filter(({ name }) => hardwareNeedOf(name) === undefined).map(({ name }) => name);
    assert.deepEqual(unknown, ['fp32', 'fp16']);
  });
  it('has a preset or a published method for every entry', () => {
    const used = new Set(presets.map(({ name }) => hardwareNeedOf(name)));
    assert.deepEqual(
      needs.filter((need) => !used.has(need)),
      [],
    );
  });
  it('is of the format, whatever its width is called', () => {
    assert.equal(hardwareNeedOf('mlx-mxfp4'), 'mlx');
    assert.equal(hardwareNeedOf('MXFP4_MOE'), 'llama-cpp');
    assert.equal(hardwareNeedOf('NVFP4'), 'llama-cpp');
    assert.equal(hardwareNeedOf('quark-fp8-e5m2'), 'fp8-e5m2');
    assert.equal(hardwareNeedOf('nvfp4a16-ct'), 'fp4-weight-only');
    assert.equal(hardwareNeedOf('autoround-nvfp4'), 'fp4-units');
    assert.equal(hardwareNeedOf('w4a8-int8-g128'), 'weight-only-kernels');
    assert.equal(hardwareNeedOf('nobody-knows'), undefined);
  });
  it('is refused no earlier than documented, and multiplied no earlier than read', () => {
    for (const need of needs) {
      const { from, refusedBelow = 0, refusedFrom = Infinity, fast, native } = hardwareOf(need);
      assert.ok((from ?? Infinity) >= refusedBelow, need);
      assert.ok((native ?? Infinity) >= refusedBelow, need);
      assert.ok(refusedFrom > Math.max(refusedBelow, native ?? 0), need);
      if (fast) assert.ok(fast.ofLate >= refusedBelow && fast.from >= fast.ofLate, need);
    }
  });
  it('names a source, and says something, for each', () => {
    for (const need of needs) {
      assert.match(hardwareOf(need).source, /\w/, need);
      assert.notEqual(hardwareText(need, english), '', need);
      assert.doesNotMatch(needText(need, english), /undefined|\{\d\}/, need);
    }
  });
  it('says in words what the table says', () => {
    assert.equal(
      hardwareText('fp8-units', english),
      'FP8 arithmetic on NVIDIA from Ada (8.9) on, and on AMD from MI300 on; before that, from Ampere (8.0) on, vLLM unpacks the weights and multiplies at 16 bits',
    );
    assert.equal(
      needText('gptq-kernels', english),
      'kernels for GPTQ: NVIDIA from Volta (7.0) on; fast ones (Marlin) from Ampere (8.0) on, in newer versions from Turing (7.5) on; AMD, Intel and CPU through GPTQModel',
    );
    assert.equal(
      hardwareText('int8-units', english),
      'INT8 arithmetic on NVIDIA from Turing (7.5) on; vLLM has no kernels for Blackwell (10.0) and newer',
    );
  });
});
