/** What people call presets and schemes: names of formats and methods, which no language translates. */

/** Words of names, as they are written in prose. */
const words: Readonly<Record<string, string>> = {
  actorder: 'act-order',
  asym: 'asymmetric',
  sym: 'symmetric',
  autoround: 'AutoRound',
  aqlm: 'AQLM',
  awq: 'AWQ',
  bitnet: 'BitNet',
  bnb: 'bitsandbytes',
  channel: 'per channel',
  tensor: 'per tensor',
  static: 'static',
  dynamic: 'dynamic',
  ct: '(compressed-tensors)',
  dq: 'double quant',
  e5m2: 'E5M2',
  e8p12: 'E8P',
  eetq: 'EETQ',
  exl2: 'EXL2',
  exl3: 'EXL3',
  gemv: 'GEMV',
  fast: 'fast',
  gptq: 'GPTQ',
  grow: 'per row',
  hqq: 'HQQ',
  marlin: 'Marlin',
  mixed: 'mixed',
  mlx: 'MLX',
  modelopt: 'ModelOpt',
  onnx: 'ONNX',
  openvino: 'OpenVINO',
  qqq: 'QQQ',
  qtip: 'QTIP',
  quanto: 'quanto',
  quark: 'Quark',
  quip: 'QuIP#',
  sparse24: '2:4 sparse',
  spqr: 'SpQR',
  sq: 'SmoothQuant',
  torchao: 'torchao',
  ue8m0: 'UE8M0',
  vptq: 'VPTQ',
};

/** Words that tell the width, for which a short label is enough. */
const width = /^(fp\d+|tf32|bf16|float8|int\d|nf4|mxfp\d|nvfp4|nvfp4a16|[\d.]+bit|[\d.]+bpw|w\d+a\d+)$/;

const writeWord = (word: string): string => {
  const known = Object.hasOwn(words, word) ? words[word] : undefined;
  if (known !== undefined) return known;
  const [, number, unit] = /^([\d.]+)(bit|bpw)$/.exec(word) ?? [];
  if (number !== undefined) return unit === 'bit' ? `${number}-bit` : `${number} bpw`;
  const [, block] = /^block(\d+)$/.exec(word) ?? [];
  if (block !== undefined) return `blocks ${block}×${block}`;
  const [, size] = /^b(\d+)$/.exec(word) ?? [];
  if (size !== undefined) return `blocks of ${size}`;
  return width.test(word) || word === 'awq' ? word.toUpperCase() : word;
};

/** Names that say less in words. */
const exceptions: Readonly<Record<string, readonly [short: string, long: string]>> = {
  'w8a8-int8': ['INT8', 'INT8 W8A8'],
  // Types of GGUF files that would read like presets of ours.
  F32: ['F32', 'GGUF F32'],
  F16: ['F16', 'GGUF F16'],
  BF16: ['BF16', 'GGUF BF16'],
  NVFP4: ['NVFP4', 'GGUF NVFP4'],
};

/** Whether a name is one of ours; llama.cpp’s own are in capitals and stay as they are. */
const isOurs = (name: string): boolean => /^[a-z]/.test(name);

const labelsOf = (name: string): readonly [short: string, long: string] => {
  const known = Object.hasOwn(exceptions, name) ? exceptions[name] : undefined;
  if (known) return known;
  if (!isOurs(name)) return [name, `GGUF ${name}`];
  const parts = name.split('-');
  const [, bits, activations] = /^w(\d+)a(\d+)$/.exec(parts[0] ?? '') ?? [];
  if (bits !== undefined && activations === '16') return [`INT${bits}`, [`INT${bits}`, ...parts.map(writeWord)].join(' ')];
  const short = parts.find((part) => width.test(part));
  const rest = name.startsWith('mlx-mixed-') ? ['MLX', 'mixed', parts.slice(2).join('/'), 'bit'] : parts.map(writeWord);
  return [short === undefined ? rest.join(' ') : writeWord(short), rest.join(' ')];
};

/** "BF16", "FP8", "INT4", "Q4_K_M". */
export const shortLabel = (name: string): string => labelsOf(name)[0];
/** "FP8 per channel", "AWQ INT4 g128". */
export const longLabel = (name: string): string => labelsOf(name)[1];

/** Methods whose short label hides what a person must know to load the file. */
const method = /^(gptq|awq|hqq|mlx|exl2|exl3|aqlm|vptq|quip|qtip|spqr|torchao|quark|onnx|openvino|autoround|eetq)-/;

/** With the method where its short name hides one: "AWQ INT4", "GPTQ INT8", "MLX 4-bit", "NF4". */
export const methodLabel = (name: string): string => {
  const [, hidden] = method.exec(name) ?? [];
  const short = shortLabel(name);
  return hidden === undefined || short.startsWith(writeWord(hidden)) ? short : `${writeWord(hidden)} ${short}`;
};
