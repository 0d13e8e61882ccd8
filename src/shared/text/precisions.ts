/** What people call the presets: in a line of figures, and where the scheme itself is the subject. */
const labels: Readonly<Record<string, readonly [short: string, long: string]>> = {
  fp32: ['FP32', 'FP32'],
  bf16: ['BF16', 'BF16'],
  fp16: ['FP16', 'FP16'],
  fp8: ['FP8', 'FP8'],
  int8: ['INT8', 'INT8'],
  'fp8-channel': ['FP8', 'FP8 per channel'],
  'fp8-tensor': ['FP8', 'FP8 per tensor'],
  'fp8-block128': ['FP8', 'FP8 blocks 128×128'],
  'w8a8-int8': ['INT8', 'INT8 W8A8'],
  'bnb-int8': ['INT8', 'bitsandbytes INT8'],
  'bnb-nf4': ['NF4', 'bitsandbytes NF4'],
  'bnb-nf4-dq': ['NF4', 'bitsandbytes NF4, double quant'],
  mxfp4: ['MXFP4', 'MXFP4'],
  nvfp4: ['NVFP4', 'NVFP4'],
};

/** Names that follow a pattern: method, bits and group size. */
const patterns: readonly (readonly [RegExp, (match: RegExpExecArray) => readonly [string, string]])[] = [
  [
    /^(gptq|awq|hqq)-int(\d)(?:-g(\d+|row))?(-actorder)?/,
    ([, method = '', bits = '', group, order]) => [
      `INT${bits}`,
      `${method.toUpperCase()} INT${bits}${group ? ` g${group}` : ''}${order ? ' act-order' : ''}`,
    ],
  ],
  [/^w(\d)a16-g(\d+)/, ([, bits = '', group = '']) => [`INT${bits}`, `INT${bits} W${bits}A16 g${group}`]],
  [/^mlx-(\d)bit-g(\d+)/, ([, bits = '', group = '']) => [`${bits}-bit`, `MLX ${bits}-bit g${group}`]],
];

const labelsOf = (preset: string): readonly [string, string] => {
  const known = Object.hasOwn(labels, preset) ? labels[preset] : undefined;
  if (known) return known;
  for (const [pattern, write] of patterns) {
    const match = pattern.exec(preset);
    if (match) return write(match);
  }
  return [preset, preset];
};

/** "BF16", "FP8", "INT4". */
export const shortLabel = (preset: string): string => labelsOf(preset)[0];
/** "FP8 per channel", "AWQ INT4 g128". */
export const longLabel = (preset: string): string => labelsOf(preset)[1];
/** With the method where its short name hides one: "AWQ INT4", "GPTQ INT8", "NF4". */
export const methodLabel = (preset: string): string => {
  const [, method] = /^(gptq|awq|hqq)-/.exec(preset) ?? [];
  return method === undefined ? shortLabel(preset) : `${method.toUpperCase()} ${shortLabel(preset)}`;
};
