import { catalogue } from './row';

/** Raspberry Pi boards. One device per line. */
// prettier-ignore
export const broadcom = catalogue({ vendor: 'Broadcom', class: 'edge', usable: 'shared-memory' }, [
  { name: 'Raspberry Pi 5', architecture: { native: ['fp32', 'fp16', 'int8'] }, memory: [4, 8, 16], year: 2023, from: ['emergentMindPi5'], confidence: 'low', notes: ['native-dtypes-unverified'] },
]);
