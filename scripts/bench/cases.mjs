import fs from 'node:fs';
import path from 'node:path';
import { root } from '../support/paths.mjs';

/** The configs that an analysis is timed on, by the folder of the sample. */
export const models = ['Llama-3.1-405B', 'DeepSeek-V3', 'bert-base-uncased'];

export const sampleFile = (name) => path.join(root, 'samples', name, 'config.json');
export const sampleText = (name) => fs.readFileSync(sampleFile(name), 'utf8');

/** Four precisions on two devices: the defaults of the settings. */
export function defaultSettings({ findDevice }) {
  const targets = ['RTX 4090', 'H100 SXM 80GB'].map((name) => {
    const found = findDevice(name);
    if (found.kind !== 'found') throw new Error(`the catalogue has no ${name}`);
    return { device: found.device, count: 1 };
  });
  return { context: 8192, batch: 1, kvDtype: 'auto', precisions: ['checkpoint', 'bf16', 'fp8-channel', 'awq-int4-g128'], targets };
}
