/**
 * A sentence in the reader's language. `message` is English with {0}, {1} … for the arguments, and the key of the
 * translation: l10n/bundle.l10n.<language>.json. Inside VS Code this is `vscode.l10n.t`.
 */
export type Translate = (message: string, ...args: (string | number)[]) => string;

/** Fills {0}, {1} … of a message. */
export const fill = (message: string, args: readonly (string | number)[]): string =>
  message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));

/** A translator over a table of messages; a message without a translation stays English. */
export const translator =
  (bundle: Readonly<Record<string, string>> = {}): Translate =>
  (message, ...args) =>
    fill(bundle[message] ?? message, args);

/** Messages as they are written in the code. */
export const english: Translate = translator();
