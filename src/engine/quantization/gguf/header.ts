import type { Basis } from '../../basis';
import type { PresetModel, PresetOptions } from '../presets/preset';
import { textOf } from './facts';
import { since } from './history';
import { convert } from './tensors';

/** What a GGUF file holds beside its tensors: the table of tensors, and metadata with the tokenizer. */
export interface GgufHeaderEstimate {
  /** Estimated bytes in all. */
  readonly bytes: number;
  readonly range: readonly [low: number, high: number];
  /** Of `bytes`: names, shapes and offsets of tensors, which follow from the model. */
  readonly tensorTable: number;
  readonly basis: Basis;
}

/** Bytes of a tokenizer per entry of the vocabulary: text, score or merge, and kind. */
interface Tokenizer {
  readonly typical: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Measured on published files: 22.9 (Baichuan 2) to 23.6 (Gemma), with a list of merges 52 (OpenChat 3.5 0106); 22 (CodeQwen 1.5) to
 * 65 (Llama 3 with a long template); 9.8 to 11.9 (MiniLM).
 */
const sentencePiece: Tokenizer = { typical: 23.3, low: 22, high: 54 };
const bytePairs: Tokenizer = { typical: 42, low: 20, high: 66 };
const wordPieces: Tokenizer = { typical: 12, low: 9, high: 24 };

/** Metadata beside the tokenizer: hyperparameters, and a chat template of a few thousand characters. */
const metadata = { typical: 5_000, low: 1_000, high: 40_000 } as const;

const sentencePieceTypes: ReadonlySet<string> = new Set([
  'gemma',
  'gemma2',
  'gemma3',
  'gemma3_text',
  'baichuan',
  'internlm2',
  'phi3',
  't5',
]);

/** A vocabulary of Llama 2's size or Yi's is SentencePiece's; larger ones of the same type are byte pairs. */
const largestSentencePiece = 66_000;

/**
 * Estimates the part of a GGUF file that is no tensor. ggml-org/ggml docs/gguf.md: a tensor's entry takes its name, a count of
 * dimensions, the dimensions, a type and an offset; a string takes 8 bytes and its text; tensor data starts at a multiple of 32.
 */
export function ggufHeaderEstimate(model: PresetModel, { llamaCppDate }: PresetOptions = {}): GgufHeaderEstimate {
  const { text } = convert(model, since(llamaCppDate));
  let tensorTable = 0;
  for (const { name, shape, copies } of text) tensorTable += copies * (8 + name.length + 4 + 8 * shape.length + 4 + 8);
  const words = text.find(({ name }) => name === 'token_embd.weight')?.shape[0] ?? 0;
  const tokenizer = tokenizerOf(model, words);
  const sum = (size: 'typical' | 'low' | 'high'): number => Math.ceil((tensorTable + metadata[size] + words * tokenizer[size]) / 32) * 32;
  return {
    bytes: sum('typical'),
    range: [sum('low'), sum('high')],
    tensorTable,
    basis: { kind: 'approximate', reasons: ['gguf-header'] },
  };
}

function tokenizerOf({ modelType, root }: PresetModel, words: number): Tokenizer {
  const inner = textOf(root)['model_type'];
  const type = typeof inner === 'string' ? inner : modelType;
  if (type === 'bert' || type === 'distilbert') return wordPieces;
  const isLlama = type === 'llama' || type === 'mistral' || type === 'mixtral';
  return sentencePieceTypes.has(type) || (isLlama && words <= largestSentencePiece) ? sentencePiece : bytePairs;
}
