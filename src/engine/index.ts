/** The engine's one public facade. */
export { analyze, analyzeText, type AnalyzedDocument, type Analysis, type NoModel } from './analysis';
export { exact, weakest, type Basis } from './basis';
export { toJson, valueAt, withValue, isObject, isList, type JsonObject, type JsonValue } from './config/json';
export {
  cacheDtypeOf,
  cacheOf,
  estimate,
  fitAt,
  fitInputOf,
  isPrecision,
  layoutAt,
  presetModelOf,
  weightsAt,
  type Estimate,
  type EstimateSettings,
  type Precision,
  type PrecisionWeights,
  type Target,
} from './estimate';
export { findBlock } from './quantization/block';
export { countOf, layoutOfMembers, type Members } from './layers';
export { maxLayers } from './limits';
export { nearestPresets, type NearPresets } from './quantization/nearestPresets';
export type { GroupRule, RefusedGroup } from './quantization/groups';
export { askGroup, findPreset, nameWithGroup, presetNames, presets } from './quantization/presets';
export { refusals, type Deployment, type Refusal, type RefusalCode } from './quantization/refusals';
export { hardwareNeedOf, hardwareOf, isHardwareNeed, type FormatHardware, type HardwareNeed } from './quantization/formatHardware';
export { depthOf, editableParts, type EditablePart, type KeepEdits } from './quantization/edits';
export type { StoredEntry } from './quantization/stored';
export type { Layout, Preset, PresetOptions } from './quantization/presets/preset';
export type { KeepReason } from './quantization/scheme';
export type { KeptForWidth, Weights } from './quantization/weights';
export { loadedBytes, type Checkpoint } from './quantization/checkpoint';
export { parseSidecars, sidecarFiles, type SidecarFile, type Sidecars, type Told } from './quantization/sidecars';
export type { Writer } from './quantization/writers';
export { customDevice, type CustomDeviceInput } from './hardware/customDevice';
export {
  hasNativeDtype,
  type ComputeDtype,
  type Device,
  type DeviceClass,
  type DeviceNote,
  type UsableMemory,
  type UsableRule,
} from './hardware/device';
export {
  bestProfile,
  isMeasuredHere,
  isSameRun,
  latestMemory,
  measuredDevice,
  readProfile,
  type DeviceProfile,
  type ProfileSource,
} from './hardware/deviceProfile';
export { maxDeviceCount, parseDeviceSpec, type DeviceSpec } from './hardware/deviceSpec';
export { devices } from './hardware/devices';
export { fit, fitsOn, type CacheDivision, type Fit, type FitInput, type FitReason } from './hardware/fit';
export { findDevice, type Lookup } from './hardware/lookup';
export { smallestCount, smallestThatFit } from './hardware/smallest';
export { parseConfig, type ConfigDocument } from './config/document';
export { knownModelTypes, findFamily } from './architectures/registry';
export type { ConfigPath, Finding, FindingCode, Severity, TextRange } from './findings';
export { decodeBound, decodeReads, type DecodeReads } from './limits/bandwidth';
export { gradientBytesPerParameter, ringAllReduceBytes } from './limits/communication';
export {
  computeOptimalTokens,
  computeOptimalTokensPerParameter,
  deviceSeconds,
  llama3Tokens,
  secondsPerYear,
  trainingFlops,
  trainingThroughput,
} from './limits/compute';
export { contextThatOutgrows } from './limits/context';
export { charactersPerToken, textBytes, tokensPerParameter } from './limits/data';
export { adamBytesPerParameter, devicesToHold, trainingBytesPerParameter, trainingStateBytes } from './limits/storage';
export { mediaModelTypes } from './media/registry';
export { mediaForms, parseMedia, type MediaItem, type MediaKind } from './media/spec';
export { mediaKinds, mediaTokens, type MediaEstimate, type MediaPart, type MediaProblem } from './media/tokens';
export { batchBasis, batchCache, batchOf, parseLength, unpaged, type Batch, type BatchCache, type CachePaging } from './memory/batch';
export { cacheSize, type Cache, type StateKind } from './memory/cache';
export { engineTitles } from './memory/engines/ids';
export * from './memory/runs';
export { bytesPerElement, cacheDtypes, type CacheDtype } from './units/dtypes';
export { matrixOf, takeInventory, type Indices, type Inventory, type InventoryEntry } from './weights/inventory';
export { countParameters, listTensors, type Parameters, type TensorList } from './weights/parameters';
export { defaultStyle, formatBytes, formatCount, formatNumber, formatShare, formatTokens, type NumberStyle } from './units/format';
export type { Component, Role, State } from './modules/tree';
export { insightAt, insightsFor, type Explanation, type KeyInsight } from './insights/insights';
export type { Effect as QuantEffect } from './insights/quantization/effects';
export type { QuantMeaning } from './insights/quantization/keys';
export type { Requirement } from './insights/quantization/requirements';
export { cacheBasis, limitPoint, type CachePoint, type KeyValueFigures } from './insights/cacheFigures';
export type { ChangeNote } from './insights/candidates';
export type { Change, Difference } from './insights/changes';
export type { Factor, FactorName, Formula, Term } from './insights/formula';
export type { Hint, Share as HintShare } from './insights/hint';
export { sectionKind, type Meaning, type SectionKind } from './insights/meanings';
export { overview, type AttentionKind, type Overview } from './insights/overview';
export type { LayerSort, LayerStack } from './insights/tensors';
export type { InsightSettings } from './insights/view';
export type { Edit } from './insights/whatIf';
export { runChecks } from './checks/runChecks';
export { compareGguf } from './proof/compareGguf';
export { expectedGgufTensors, ranksByFile, stacksOf, type GgufRules } from './proof/expectedGguf';
export { compareTensors } from './proof/compare';
export { expectedCount, expectedTensors, type ExpectedTensor } from './proof/expected';
export { gatherFiles, type LookedFile } from './proof/gather';
export type { FoundFile, FoundFiles, FoundTensor } from './proof/found';
export { ggufFileType } from './proof/ggufFileTypes';
export { readGgufHeader, type GgufHeader } from './proof/ggufHeader';
export type { GgufMetadata, GgufValue } from './proof/ggufMetadata';
export { modelFromHeader, type HeaderCache, type HeaderModel } from './proof/headerModel';
export { maxPointerBytes, pointedBytes } from './proof/lfsPointer';
export { maxShards, maxTensors } from './proof/limits';
export { noProof } from './proof/noProof';
export { differencesIn } from './proof/proof';
export type {
  Container,
  Difference as TensorDifference,
  DifferenceKind,
  ExtraReason,
  Proof,
  ProofBasis,
  ProofNote,
  TensorFacts,
} from './proof/proof';
export type { ByteRange, Problem, ProblemCode, Reading, Unreadable } from './proof/reading';
export { readSafetensorsHeader, type SafetensorsHeader } from './proof/safetensorsHeader';
export { readShardIndex, type ShardIndex } from './proof/shardIndex';
export type { FileTensor, PlacedTensor } from './proof/tensors';
export type { TextPieces } from './proof/utf8';
