import { catalogue } from './row';

/** Horizon Robotics automotive chips. One device per line. */
// prettier-ignore
export const horizon = catalogue({ vendor: 'Horizon', class: 'edge', usable: 'shared-memory' }, [
  { name: 'Horizon Journey 5', architecture: { native: ['int8'] }, tflops: { int8: 128 }, watts: 30, year: 2022, from: ['evokernel'], confidence: 'low', notes: ['native-dtypes-unverified'] },
]);
