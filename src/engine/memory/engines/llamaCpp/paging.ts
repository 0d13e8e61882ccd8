import { rowBytes } from '../../../quantization/gguf/ggmlTypes';
import type { CachePaging } from '../../batch';
import type { Run } from '../run';
import { ggmlTypeOfCache } from './cache';
import { modelFile } from './file';
import { settingsOf, type Program } from './settings';
import { modelShape } from './shape';
import { dayOf, type Version } from './versions';

/**
 * Cells of every sequence are there from the start, in one room for all or in one for each (llama_kv_cache); the server gives each
 * slot its own copy of a prompt, however alike they begin (tools/server, slots by similarity).
 */
export function llamaPaging(run: Run, version: Version, program: Program): CachePaging {
  const day = dayOf(version);
  const file = modelFile(run.analysis, run.weights, { ...(day !== undefined && { llamaCppDate: day }), ...run.presetOptions });
  const shape = modelShape(run.analysis, file);
  const { context, contextPerSequence, sequences, unified, typeK, typeV, fullWindows } = settingsOf(run, shape, version, program);
  const element = (type: string): number => rowBytes(ggmlTypeOfCache(type), 256) / 256;
  return {
    layout: 'slots',
    page: 1,
    shares: false,
    windows: !fullWindows,
    element: (element(typeK) + element(typeV)) / 2,
    // A slot takes no more than the model was made for (tools/server: capping).
    longest: version.has('sharedSlots') ? Math.min(contextPerSequence, shape.context) : contextPerSequence,
    slots: { count: sequences, tokens: unified ? context : contextPerSequence, unified },
  };
}
