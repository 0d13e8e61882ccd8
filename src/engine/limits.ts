/** Bounds on what a file may ask of the engine. Each stands well above any published model. */

/** Characters of one config text. The largest published config (a per-module quantization list) has 3.1 million. */
export const maxTextLength = 32 * 1024 * 1024;
/** Characters of a text that is not plain JSON: its tree of places takes some 80 bytes for each. */
export const maxTolerantLength = 8 * 1024 * 1024;
/** Nesting of objects and arrays. Published configs stay below 12; the JSON parser recurses per level. */
export const maxDepth = 128;
/** Layers of one stack. Published models stay below 200; per-layer lists are walked element by element. */
export const maxLayers = 10_000;
/** Any other dimension or count (vocabulary, width, experts). Products of several may pass 2^53: then a finding says so. */
export const maxDimension = 2 ** 31 - 1;
/** Tokens of a context and sequences of a batch that a caller may ask about. */
export const maxTokens = 2 ** 40;
/** Findings kept for one file; a hostile file could otherwise produce one per key. */
export const maxFindings = 200;
/** Levels of sub-configs (a composite of composites). */
export const maxSections = 6;
