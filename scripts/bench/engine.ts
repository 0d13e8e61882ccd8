/** What the benchmark times: the engine's facade and, to split an analysis into its parts, the functions behind it. */
export {
  analyze,
  analyzeText,
  answerRun,
  engines,
  estimate,
  findDevice,
  insightsFor,
  parseConfig,
  presetNames,
  weightsAt,
} from '../../src/engine/index';
export { buildModel } from '../../src/engine/architectures/family';
export { compareTensors, expectedTensors, gatherFiles, readSafetensorsHeader, readShardIndex } from '../../src/engine/index';
export { textPieces } from '../../src/checkpointFiles/textPieces';
export { findFamily } from '../../src/engine/architectures/registry';
export { findingSink } from '../../src/engine/findings';
export { describeCheckpoint } from '../../src/engine/quantization/checkpoint';
export { takeInventory } from '../../src/engine/weights/inventory';
export { countParameters } from '../../src/engine/weights/parameters';
