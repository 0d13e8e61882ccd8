/** What the extension runs when it is first asked for, a bundle of its own (esbuild.mjs): runs of engines, and what the panel shows. */
export * from './engine/memory/runs';
export { findingRows, modelContent } from './features/panel/model/model';
