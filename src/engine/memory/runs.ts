/**
 * Everything about runs of engines and of the transformers library. In the extension it belongs to the bundle that is run when
 * something of it is first used (src/later.ts): what is only imported costs nothing.
 */
export {
  parseFlags,
  readFlags,
  type Flag,
  type FlagKind,
  type FlagProblem,
  type FlagTable,
  type FlagValue,
  type FlagValues,
} from './engines/flags';
export { isMemoryEstimated, machineOf } from './engines/machine';
export { engines, findEngine } from './engines/registry';
export type {
  DeviceMemory,
  Engine,
  EngineId,
  Evidence,
  MemoryTerm,
  Pool,
  Run,
  RunMemory,
  RunNote,
  TermKind,
  TermStep,
} from './engines/run';
export { answerRun, type BatchAnswer, type RequestProblem, type RunRequest } from './answerRun';
export { draftOf, isRequest, readRequest } from './request';
export type { PeakRequest } from './trace/peakRequest';
export { degreesOf, type Degree } from './parallel/degrees';
export { checkLog, shareOff, type CheckedTerm, type CheckGiven, type LogCheck } from './logs/check';
export { modelOfGguf } from './logs/ggufConfig';
export { lineSplitter } from './logs/lines';
export { logReader, type LogReader } from './logs/reader';
export type { CheckReason, CheckReasonCode } from './logs/reasons';
export type { StartupLog } from './logs/startupLog';
export { answerWithProfile, profileOf } from './profile';
export { oneRank, type Degrees } from './trace/degrees';
export {
  decodesNothing,
  optimizers,
  peakMemory,
  refusedDegrees,
  refusedTargets,
  unknownModules,
  type Optimizer,
  type PeakJob,
  type PeakMemory,
  type UnknownModules,
} from './trace/peak';
