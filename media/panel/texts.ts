import { defaultStyle, type NumberStyle } from '../../src/engine/units/format';
import { translator, type Translate } from '../../src/shared/text/translate';

let translate: Translate = translator();
let numbers: NumberStyle = defaultStyle;

/** Takes over the language and the number style that the host tells, once. */
export function useTexts(messages: Readonly<Record<string, string>>, style: NumberStyle): void {
  translate = translator(messages);
  numbers = style;
}

/** The page's own texts. */
export const t: Translate = (message, ...args) => translate(message, ...args);
export const numberStyle = (): NumberStyle => numbers;
