import type { Inventory } from '../../weights/inventory';
import { expertsInMxfp4, linearsInMxfp4 } from '../schemes/mxfp4';
import { schemePreset } from './preset';

const hasExperts = ({ entries }: Inventory): boolean => entries.some(({ component, role }) => component === 'experts' && role === 'linear');

export const microscalingPresets = [
  schemePreset(
    expertsInMxfp4,
    { format: 'MXFP4', evidence: { source: 'openai/gpt-oss: model card, section 2.1', kind: 'checkpoint' } },
    (inventory) => (hasExperts(inventory) ? expertsInMxfp4 : linearsInMxfp4),
  ),
];
