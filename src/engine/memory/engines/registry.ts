import { llamaCpp, lmStudio, ollama } from './llamaCpp/engines';
import type { Engine } from './run';
import { sglang } from './sglang/sglang';
import { vllm } from './vllm/vllm';

/** Every engine whose memory is known, in the order in which people are likely to look for them. */
export const engines: readonly Engine[] = [vllm, sglang, llamaCpp, ollama, lmStudio];

const squeezed = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** An engine by its name, however it is punctuated ("llama.cpp", "llama-cpp", "LM Studio"). */
export const findEngine = (name: string): Engine | undefined => engines.find(({ id }) => squeezed(id) === squeezed(name));
