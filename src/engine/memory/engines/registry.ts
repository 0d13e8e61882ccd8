import { exllama } from './exllama/exllama';
import { llamaCpp, lmStudio, ollama } from './llamaCpp/engines';
import { mlx } from './mlx/mlx';
import type { Engine } from './run';
import { sglang } from './sglang/sglang';
import { tensorrtLlm } from './tensorrtLlm/tensorrtLlm';
import { tgi } from './tgi/tgi';
import { transformers } from './transformers/transformers';
import { vllm } from './vllm/vllm';

/** Every engine whose memory is known, in the order in which people are likely to look for them. */
export const engines: readonly Engine[] = [vllm, sglang, llamaCpp, ollama, lmStudio, tensorrtLlm, mlx, transformers, exllama, tgi];

const squeezed = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** An engine by its name, however it is punctuated ("llama.cpp", "llama-cpp", "LM Studio"). */
export const findEngine = (name: string): Engine | undefined => engines.find(({ id }) => squeezed(id) === squeezed(name));
