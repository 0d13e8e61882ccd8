import assert from 'node:assert/strict';
import { presetNames } from '../../../src/engine/index';
import { longLabel, methodLabel, shortLabel } from '../../../src/shared/text/precisions';

describe('names of precisions', () => {
  const expected: Readonly<Record<string, readonly [short: string, long: string, method: string]>> = {
    bf16: ['BF16', 'BF16', 'BF16'],
    'fp8-channel': ['FP8', 'FP8 per channel', 'FP8'],
    'fp8-block128': ['FP8', 'FP8 blocks 128×128', 'FP8'],
    'w8a8-int8': ['INT8', 'INT8 W8A8', 'INT8'],
    'w4a16-g128': ['INT4', 'INT4 W4A16 g128', 'INT4'],
    'bnb-nf4-dq': ['NF4', 'bitsandbytes NF4 double quant', 'NF4'],
    'bnb-fp4-b128': ['FP4', 'bitsandbytes FP4 blocks of 128', 'FP4'],
    'gptq-int4-g128-actorder': ['INT4', 'GPTQ INT4 g128 act-order', 'GPTQ INT4'],
    'awq-int4-g128': ['INT4', 'AWQ INT4 g128', 'AWQ INT4'],
    'mlx-4bit-g64': ['4-bit', 'MLX 4-bit g64', 'MLX 4-bit'],
    'mlx-mixed-3-6': ['MLX mixed 3/6 bit', 'MLX mixed 3/6 bit', 'MLX mixed 3/6 bit'],
    'exl2-4.0bpw': ['4.0 bpw', 'EXL2 4.0 bpw', 'EXL2 4.0 bpw'],
    'aqlm-2bit-1x16': ['2-bit', 'AQLM 2-bit 1x16', 'AQLM 2-bit'],
    nvfp4: ['NVFP4', 'NVFP4', 'NVFP4'],
    Q4_K_M: ['Q4_K_M', 'GGUF Q4_K_M', 'Q4_K_M'],
  };
  for (const [name, labels] of Object.entries(expected))
    it(name, () => assert.deepEqual([shortLabel(name), longLabel(name), methodLabel(name)], labels));

  it('tell presets apart', () => {
    const labels = presetNames.map(longLabel);
    assert.deepEqual(
      labels.filter((label, at) => labels.indexOf(label) !== at),
      [],
    );
  });
});
