import type { Family } from '../family';
import { llama } from './llama';

/** Llama with factors on embeddings, residuals, attention and logits, none of which is a parameter. */
export const granite: Family = { ...llama, types: ['granite'], title: 'Granite', source: 'transformers models/granite' };
