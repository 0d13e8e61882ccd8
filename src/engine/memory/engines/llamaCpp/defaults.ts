import type { FlagValues } from '../flags';
import type { Run } from '../run';
import { modelFile } from './file';
import { settingsOf, type Program } from './settings';
import { modelShape } from './shape';
import { dayOf, type Version } from './versions';

/**
 * llama.cpp's flags that people set most, as they are in a run without any.
 *
 * @throws RunError for weights that llama.cpp does not load.
 */
export function llamaDefaults(run: Run, version: Version, program: Program): FlagValues {
  const day = dayOf(version);
  const file = modelFile(run.analysis, run.weights, { ...(day !== undefined && { llamaCppDate: day }), ...run.presetOptions });
  const settings = settingsOf({ ...run, options: {} }, modelShape(run.analysis, file), version, program);
  return {
    'ctx-size': settings.context,
    parallel: settings.sequences,
    'gpu-layers': settings.gpuLayers > shownLayers ? 'all' : String(settings.gpuLayers),
    'cache-type-k': settings.typeK,
    'cache-type-v': settings.typeV,
    'flash-attn': settings.flash ? 'on' : 'off',
    'batch-size': settings.batch,
    'ubatch-size': settings.microBatch,
  };
}

/** Numbers of layers beyond this stand for all of them. */
const shownLayers = 100_000;
