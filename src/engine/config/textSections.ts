/** Keys under which composites keep the config of the part that reads and writes text. */
export const textSections = ['text_config', 'language_config', 'llm_config', 'thinker_config'] as const;
