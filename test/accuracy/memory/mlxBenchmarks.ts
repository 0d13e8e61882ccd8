/**
 * Peaks that mlx-lm's own benchmarks print, in GB of 10^9 bytes: 2,048 random tokens, 128 generated, an M4 Max of 64 GB, mlx-lm 0.28.2
 * (ml-explore/mlx-lm: mlx_lm/BENCHMARKS.md).
 */
export const benchmarked: readonly { readonly model: string; readonly weights: string; readonly gigabytes: number }[] = [
  ...(
    [
      ['checkpoint', 9.02],
      ['mlx-8bit-g64', 5.254],
      ['mlx-6bit-g64', 4.25],
      ['mlx-5bit-g32', 4.0],
      ['mlx-5bit-g64', 3.86],
      ['mlx-4bit-g32', 3.603],
      ['mlx-4bit-g64', 3.35],
    ] as const
  ).map(([weights, gigabytes]) => ({ model: 'Qwen/Qwen3-4B-Instruct-2507', weights, gigabytes })),
  ...(
    [
      ['mlx-8bit-g64', 33.46],
      ['mlx-6bit-g64', 25.82],
      ['mlx-5bit-g64', 22.01],
      ['mlx-4bit-g64', 18.2],
    ] as const
  ).map(([weights, gigabytes]) => ({ model: 'Qwen/Qwen3-30B-A3B-Instruct-2507', weights, gigabytes })),
];
