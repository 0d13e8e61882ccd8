import { maxFindings } from './limits';

export type Severity = 'error' | 'warning' | 'information';

/** Keys and list positions from the root of the config to a value. */
export type ConfigPath = readonly (string | number)[];

/** UTF-16 offsets into the config's text. */
export interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/** Something the reader should know, as data: the surfaces turn codes and values into sentences. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly path: ConfigPath;
  /** Where in the text, when the finding is not at `path`'s value (a syntax error has no path). */
  readonly range?: TextRange;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}

export type FindingCode =
  /** values: limit, found (characters). */
  | 'text-too-large'
  /** values: limit, found (characters). A text that is not plain JSON, of which less is read. */
  | 'text-too-large-to-mend'
  /** values: limit. */
  | 'nested-too-deep'
  | 'empty-text'
  | 'not-an-object'
  /** values: problem (the parser's name of it). */
  | 'syntax-error'
  | 'comment-in-json'
  | 'trailing-comma'
  /** values: literal. NaN and the infinities, which Python's json writes and strict JSON lacks. */
  | 'non-finite-number'
  /** values: key. */
  | 'duplicate-key'
  /** values: expected, found, assumed. */
  | 'invalid-value'
  /** values: expected, found. A value that no figure depends on, and that the reference refuses. */
  | 'unusable-value'
  /** values: keys ("hidden_size=4096, …"), count. */
  | 'defaults-assumed'
  /** values: modelType. */
  | 'unknown-model-type'
  /** values: modelType, assumed. A type that is not known, counted as the one whose class the file names. */
  | 'type-by-class'
  /** values: modelType, kind ('encoder-decoder', 'tower'). Unknown types are estimated only where they are decoders. */
  | 'not-a-decoder'
  /** values: missing (comma-separated keys). */
  | 'shape-incomplete'
  /** values: className, assumed. */
  | 'unknown-architecture'
  /** values: assumed. */
  | 'architectures-missing'
  /** values: key, value, divisor (key), by. */
  | 'not-divisible'
  /** values: used, experts. A router is to choose more experts than there are. */
  | 'experts-per-token'
  /** values: width. Rotary positions turn pairs of elements. */
  | 'odd-rotary-width'
  /** values: heads, width, inner. State-space heads · their width must be the inner width. */
  | 'state-heads-width'
  /** values: token, vocabulary. */
  | 'padding-outside-vocabulary'
  /** values: key, length, expected. */
  | 'layer-list-length'
  /** values: entry, assumed. */
  | 'layer-type-unknown'
  /** values: key, title. A window that the class does not declare and the reference's cache obeys. */
  | 'undeclared-window'
  /** values: assumed. */
  | 'dtype-assumed'
  /** values: dtype, found. */
  | 'dtype-unknown'
  /** values: bytes. float32 weights take twice what most expect. */
  | 'dtype-float32'
  /** values: context, limit. */
  | 'context-exceeds-model'
  /** A precision that says how weights are multiplied, not how they are stored. values: precision, storedAs, mantissaBits. */
  | 'compute-only'
  /** A changed keep list, and presets that decide in their own way. values: presets. */
  | 'edits-not-heeded'
  /** Totals passed 2^53 and are rounded. */
  | 'inexact-total'
  /** values: method, bits (the nominal width that was taken). */
  | 'quantization-unknown'
  /** values: key, assumed. */
  | 'quantization-incomplete'
  /** A block whose groups divide no row of the model, so that its writer left everything alone. values: assumed. */
  | 'quantization-no-rows'
  /** A block of bitsandbytes with neither switch on, which loading leaves unheeded. */
  | 'quantization-skipped'
  /** values: file, scheme, bytes; taken, takenScheme, takenBytes. A file beside the config, or another block in it, says otherwise. */
  | 'quantization-contradiction'
  /** values: parameters, bytes, counted. Layers of the published files that the class does not load, and whether these files hold them. */
  | 'layers-not-loaded'
  /** values: pattern, problem (too-long, too-large, syntax, unsupported, too-slow, too-many-modules). A rule that was not applied. */
  | 'quantization-pattern'
  /** values: assumption. What an approximate estimate takes for granted. */
  | 'assumption';

/** Where parts of the engine leave findings; bounded, and equal ones are kept once. */
export interface FindingSink {
  readonly findings: readonly Finding[];
  add(finding: Finding): void;
}

export function findingSink(): FindingSink {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  return {
    findings,
    add(finding) {
      if (findings.length >= maxFindings) return;
      const key = JSON.stringify([finding.code, finding.path, finding.range ?? null, finding.values]);
      if (seen.has(key)) return;
      seen.add(key);
      findings.push(finding);
    },
  };
}
