/**
 * The only import site of the toolkit, which is archived upstream: views know the tag names alone, so that other elements
 * can take its place here.
 */
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeDropdown, vsCodeOption, vsCodeTextField } from '@vscode/webview-ui-toolkit';

/** Defines the elements that the panel uses. Must run before the page's `load`: the toolkit takes the theme over then. */
export function defineElements(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());
}

/** What the panel knows of the toolkit's dropdown and text field. */
export interface ValueElement extends HTMLElement {
  value: string;
}
