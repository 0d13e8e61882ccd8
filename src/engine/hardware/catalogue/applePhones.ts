import { catalogue } from './row';

/** Apple phone chips. One device per line. */
// prettier-ignore
export const applePhones = catalogue({ vendor: 'Apple', class: 'phone', usable: 'phone-app-share' }, [
  { name: 'Apple A19 Pro (iPhone 17 Pro)', architecture: { native: ['fp16', 'int8'] }, memory: 12, bandwidth: 75.8, year: 2025, from: ['partOfStyleA19', 'zoombangla'], confidence: 'low', notes: ['native-dtypes-unverified'], aliases: ['iphone 17 pro', 'a19 pro'] },
  { name: 'Apple A19', bandwidth: 68.26, year: 2025, from: ['zoombangla'], confidence: 'low' },
  { name: 'Apple A18 Pro (iPhone 16 Pro)', memory: 8, year: 2024, from: ['technologyTodayNow'], confidence: 'low', aliases: ['iphone 16 pro', 'a18 pro'] },
  { name: 'Apple A17 Pro (iPhone 15 Pro)', memory: 8, year: 2023, from: ['iphonerosA17'], confidence: 'low', aliases: ['iphone 15 pro', 'a17 pro'] },
]);
