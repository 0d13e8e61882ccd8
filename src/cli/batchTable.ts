import { formatBytes, formatNumber, type BatchAnswer, type BatchCache } from '../engine/index';

/** The cache of sequences of different lengths, for reading. */
export function batchLines(batch: BatchCache | BatchAnswer): readonly string[] {
  const { sequences, longest, tokens, places, bytes, apartBytes, paging } = batch;
  const number = (value: number): string => formatNumber(value);
  const how = {
    paged: `pages of ${number(paging.page)} tokens, a shared prefix ${paging.shares ? 'once' : 'in each'}`,
    padded: `all as long as the longest${paging.page > 1 ? `, in steps of ${number(paging.page)}` : ''}`,
    slots: `room for ${number(paging.slots?.count ?? 0)} × ${number(paging.slots?.tokens ?? 0)} tokens${paging.slots?.unified === true ? ' in all' : ''} from the start`,
  }[paging.layout];
  const fits = 'fits' in batch && batch.fits !== null ? (batch.fits ? '; fits' : '; does not fit') : '';
  return [
    `${number(sequences)} sequences up to ${number(longest)}, ${number(tokens)} tokens: ${number(places)} places, cache ${formatBytes(bytes)} ` +
      `(${how}; each alone ${formatBytes(apartBytes)})${fits}`,
  ];
}
