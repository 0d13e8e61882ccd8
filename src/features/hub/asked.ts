/** What runs only when a person asks for a model, and so comes with the later bundle (scripts/support/later.mjs). */
export { createOpenModel } from './openModel';
