/** The engine's one public facade. */
export { analyze, analyzeText, type AnalyzedDocument, type Analysis, type NoModel } from './analysis';
export { exact, weakest, type Basis } from './basis';
export { toJson, valueAt, withValue, isObject, isList, type JsonObject, type JsonValue } from './config/json';
export { parseConfig, type ConfigDocument } from './config/document';
export { knownModelTypes, findFamily } from './architectures/registry';
export type { ConfigPath, Finding, FindingCode, Severity, TextRange } from './findings';
export { cacheSize, type Cache, type StateKind } from './memory/cache';
export { bytesPerElement, cacheDtypes, type CacheDtype } from './units/dtypes';
export { matrixOf, takeInventory, type Inventory, type InventoryEntry } from './weights/inventory';
export { countParameters, listTensors, type Parameters, type TensorList } from './weights/parameters';
export { defaultStyle, formatBytes, formatCount, formatNumber, formatShare, formatTokens, type NumberStyle } from './units/format';
export type { Component, Role } from './modules/tree';
