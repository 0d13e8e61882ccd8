import type { Recipe } from '../recipe';
import { expertsInMxfp4, linearsInMxfp4 } from '../schemes/mxfp4';

/** `quant_method: mxfp4` (gpt-oss): the experts, whatever else the block lists. */
export const readMxfp4 = (): Recipe => ({ name: 'mxfp4', fallback: expertsInMxfp4, otherwise: linearsInMxfp4 });
