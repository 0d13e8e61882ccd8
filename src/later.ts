/** What the extension runs when it is first asked for, a bundle of its own (esbuild.mjs): runs of engines, the panel's content, commands. */
export * from './engine/memory/runs';
export { findingRows, modelContent } from './features/panel/model/model';
export * from './features/commands/asked';
export * from './features/hub/asked';
