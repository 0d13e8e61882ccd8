/** Tables of rotary positions that llama.cpp's converter computes and no checkpoint holds. */
export const isTable = (name: string): boolean => /^rope_(freqs|factors_long|factors_short)\.weight$/.test(name);
