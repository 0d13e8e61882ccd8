/** Characters of English text per token of a 128k vocabulary (Llama Team 2024, arXiv 2407.21783, 3.2). */
export const charactersPerToken = 3.94;

/** Bytes of plain English text behind so many tokens; other languages and smaller vocabularies differ by far. */
export const textBytes = (tokens: number): number => tokens * charactersPerToken;

/** How often a parameter is trained on: 20 is compute-optimal, 1,875 is Llama 3 at 8 B. */
export const tokensPerParameter = (tokens: number, parameters: number): number => tokens / parameters;
