import assert from 'node:assert/strict';
import { analyze, defaultStyle, estimate, findDevice, weightsAt, type Analysis } from '../../../src/engine/index';
import { english } from '../../../src/shared/text/translate';
import { weightsText } from '../../../src/shared/text/weights';
import { llama31Of8B } from '../quantization/models';

describe('weights whose size depends on data or recipe', () => {
  const analysis = analyze(llama31Of8B) as Analysis;
  it('are told as a range, others as one figure', () => {
    assert.match(weightsText(weightsAt(analysis, 'UD-Q4_K_XL'), english, defaultStyle), /^[\d.]+ GiB to [\d.]+ GiB$/);
    assert.equal(weightsText(weightsAt(analysis, 'Q4_K_M'), english, defaultStyle), '4.58 GiB');
    assert.match(weightsText(weightsAt(analysis, 'openvino-int4-g128'), english, defaultStyle), /^≈[\d.]+ GiB$/);
  });
  it('count at the upper end where the question is whether they fit', () => {
    const found = findDevice('RTX 4090');
    assert.ok(found.kind === 'found');
    const targets = [{ device: found.device, count: 1 }];
    const { fits, weights } = estimate(analysis, { context: 8192, batch: 1, kvDtype: 'auto', precisions: ['spqr-3bit-g16'], targets });
    assert.equal(fits[0]?.weights, weights[0]?.details?.range?.[1]);
  });
});
