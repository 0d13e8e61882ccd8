/** Bounds on what the files of a checkpoint may ask of a reader. Each stands well above any published model. */

/** Tensors of one checkpoint. The largest published ones (a trillion parameters, experts one by one, with scales) have some 200,000. */
export const maxTensors = 1_000_000;
/** Bytes of a safetensors header, by the format itself (huggingface/safetensors, safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
export const maxSafetensorsHeader = 100_000_000;
/** Bytes of an index; 200,000 tensors take some 20 million. */
export const maxIndexBytes = 200_000_000;
/** Characters of one member of a header that is kept: a tensor's dtype, shape and offsets, or the name of a file. */
export const maxMemberLength = 4096;
/** Characters of a tensor's name. */
export const maxNameLength = 2000;
/** Files of one checkpoint. */
export const maxShards = 10_000;
/** Dimensions of a tensor in a safetensors header. */
export const maxRank = 16;
/** Metadata entries of a GGUF file; published ones have some 60. */
export const maxGgufEntries = 10_000;
/** Elements of an array of strings in a GGUF file, which are walked one by one: a vocabulary's merges are below a million. */
export const maxGgufStrings = 4_000_000;
/** Bytes of a GGUF file before its tensors' data: published ones stay below 30 million. */
export const maxGgufHeader = 512_000_000;
/** Differences that a proof lists; all are counted. */
export const maxDifferences = 100;
/** Tensors between two points at which a comparison lets others run. */
export const tensorsPerSlice = 2000;
