import { catalogue } from './row';

/** Hygon DCU. One device per line. */
// prettier-ignore
export const hygon = catalogue({ vendor: 'Hygon', class: 'datacenter', usable: 'unmeasured' }, [
  { name: 'Hygon DCU K100', architecture: { native: ['fp32', 'fp16', 'bf16', 'int8'] }, from: ['noneFoundHygon'], confidence: 'low', notes: ['memory-conflict', 'native-dtypes-unverified'], aliases: ['dcu k100', 'k100'] },
]);
