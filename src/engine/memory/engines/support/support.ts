import { engineTitles } from '../ids';
import { RunError, type Engine, type Run, type RunNote } from '../run';
import { reachOf } from './devices';
import { fitnessOf } from './models';

/**
 * Whether an engine runs a model on a device at all, before anything is counted.
 *
 * @returns what is to be said of it where it does, or where nothing that was read says that it does not
 * @throws RunError where it does not, or where it does by code whose memory no rule is of.
 */
export function checkSupport({ id, newest }: Pick<Engine, 'id' | 'newest'>, run: Run): readonly RunNote[] {
  const version = run.version ?? newest;
  const devices = run.machine.kinds ?? [run.machine];
  return [...devices.flatMap((machine) => deviceNotes(id, { ...run, machine }, version)), ...modelNotes(id, run, version)];
}

function deviceNotes(id: Engine['id'], { machine, weights, analysis }: Run, version: string): readonly RunNote[] {
  const { device } = machine;
  if (!device) return [];
  const reach = reachOf(id, { device, version, scheme: weights === 'checkpoint' ? analysis.checkpoint.scheme : weights });
  const values = { engine: engineTitles[id], device: device.name };
  const refuse = (code: string, message: string, more: Readonly<Record<string, string>> = {}): never => {
    throw new RunError(code, `${values.engine} ${message}`, 'device', { ...values, ...more });
  };
  switch (reach.kind) {
    case 'own':
      return [];
    case 'unsure':
      return [{ code: 'device-not-covered', refused: false, values: { device: device.name } }];
    case 'backend':
      return [{ code: 'device-other-backend', refused: false, values: { ...values, backend: reach.by } }];
    case 'plugin':
      return refuse('device-by-plugin', `runs on ${device.name} by ${reach.by}, whose memory no rule here is of`, { plugin: reach.by });
    case 'older':
      return refuse('device-too-old', `needs compute capability ${reach.needs}; ${device.name} has ${reach.has}`, {
        needs: reach.needs,
        has: reach.has,
      });
    case 'none':
      return refuse('device-not-for-engine', `does not run on ${device.name}`);
  }
}

function modelNotes(id: Engine['id'], { analysis }: Run, version: string): readonly RunNote[] {
  const fitness = fitnessOf(id, analysis, version);
  const values = { engine: engineTitles[id], model: analysis.architecture.slice(0, 80) };
  switch (fitness.kind) {
    case 'runs':
      return [];
    case 'unlisted':
      return [{ code: 'model-unlisted', refused: false, values }];
    case 'plugin':
      return [{ code: 'model-by-plugin', refused: false, values: { ...values, plugin: fitness.by } }];
    case 'instead':
      throw new RunError('model-runs-elsewhere', `${values.engine} does not run ${values.model}; ${fitness.by} does`, 'config', {
        ...values,
        other: fitness.by,
      });
    case 'refused':
      throw new RunError('model-not-for-engine', `${values.engine} ${version.slice(0, 40)} does not run ${values.model}`, 'config', values);
  }
}
