import assert from 'node:assert/strict';
import { quantizationDocs, writtenQuantizationDocs } from '../../../scripts/quantizationDocs';

describe('docs/quantization.md', () => {
  it('shows the presets as they are (npx tsx scripts/quantizationDocs.ts writes it)', async () => {
    assert.equal(writtenQuantizationDocs(), await quantizationDocs());
  });
});
