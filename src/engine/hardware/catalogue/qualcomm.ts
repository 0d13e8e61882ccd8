import { catalogue } from './row';

/** Qualcomm phone and laptop chips. One device per line. */
// prettier-ignore
export const qualcomm = catalogue({ vendor: 'Qualcomm', class: 'phone', usable: 'phone-app-share' }, [
  { name: 'Snapdragon 8 Elite', architecture: { native: ['fp16', 'int8', 'int4'] }, memoryAtMost: 24, bandwidth: 84.8, year: 2024, from: ['geektopia', 'firstpost'], confidence: 'low', notes: ['memory-up-to', 'native-dtypes-unverified'] },
  { name: 'Snapdragon 8 Gen 3', year: 2023, from: ['digitPatrox'], confidence: 'low' },
  { name: 'Snapdragon X Elite X1E-00-1DE', class: 'laptop', usable: 'shared-memory', shader: 4.6, watts: 80, year: 2024, from: ['huggingFace'], confidence: 'medium' },
  { name: 'Snapdragon X Elite X1E-84-100', class: 'laptop', usable: 'shared-memory', shader: 4.6, watts: 30, year: 2024, from: ['huggingFace'], confidence: 'medium' },
  { name: 'Snapdragon X Elite X1E-80-100', class: 'laptop', usable: 'shared-memory', shader: 3.8, watts: 23, year: 2024, from: ['huggingFace'], confidence: 'medium' },
]);
