import type * as vscode from 'vscode';

const languages = new Set(['json', 'jsonc']);

/**
 * Longer documents are probed in their first part only, since this is done at every change. Long configs are long because
 * they name the classes of a classifier: two lines for each of 21,841 in the largest known.
 */
const probedLines = 100_000;
const probedCharacters = 4_000_000;

/** Keys of which one is enough: they name the model, or its adapter. */
const namingKeys = /"(?:model_type|architectures|auto_map|peft_type)"\s*:/;

/** Keys that only together speak for a model: a width and a depth, as they are called in configs that name nothing. */
const widthKeys = /"(?:hidden_size|n_embd|d_model|dim)"\s*:/;
const depthKeys = /"(?:num_hidden_layers|num_layers|n_layers?|depth)"\s*:/;

/**
 * A cheap look at a document's text: false means certainly nothing of ours, true that the engine should decide. Errs on
 * the side of true, because it decides only what is loaded, never what is shown.
 */
export function mayBeModelConfig(document: vscode.TextDocument): boolean {
  return languages.has(document.languageId) && mayBeModelText(firstPart(document));
}

/** The same for a text. */
export function mayBeModelText(text: string): boolean {
  const probed = text.length > probedCharacters ? text.slice(0, probedCharacters) : text;
  return namingKeys.test(probed) || (widthKeys.test(probed) && depthKeys.test(probed));
}

function firstPart(document: vscode.TextDocument): string {
  if (document.lineCount <= probedLines) return document.getText();
  return document.getText(document.lineAt(0).range.union(document.lineAt(probedLines).range));
}
