import { catalogue } from './row';

/** MediaTek phone chips. Sources give the memory's speed (10.7 Gbit/s per pin) but not the width of its bus: no bandwidth. */
// prettier-ignore
export const mediatek = catalogue({ vendor: 'MediaTek', class: 'phone', usable: 'phone-app-share' }, [
  { name: 'Dimensity 9400', year: 2024, from: ['semivoice9400', 'notebookcheck9400'], confidence: 'low' },
  { name: 'Dimensity 9400 (vivo X200 Pro)', memory: 16, year: 2024, from: ['webnewsX200', 'semivoice9400'], confidence: 'low', aliases: ['vivo x200 pro'] },
]);
