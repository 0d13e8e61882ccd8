import { engineTitles } from '../ids';
import type { Engine, Run } from '../run';
import { llamaDefaults } from './defaults';
import { llamaFlags } from './flags';
import { llamaMemory } from './memory';
import { llamaPaging } from './paging';
import { newest, oldest, versionOf } from './versions';

/** llama.cpp's own programs; the defaults are llama-server's. */
export const llamaCpp: Engine = {
  id: 'llama.cpp',
  title: engineTitles['llama.cpp'],
  newest,
  oldest,
  flags: llamaFlags,
  memory: (run: Run) => llamaMemory(run, 'llama.cpp', versionOf(run.version), 'server', 'fit'),
  paging: (run: Run) => llamaPaging(run, versionOf(run.version), 'server'),
  defaults: (run: Run) => llamaDefaults(run, versionOf(run.version), 'server'),
};

export { lmStudio } from './lmStudio';
export { ollama } from './ollama';
