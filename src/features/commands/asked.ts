/** What runs only when a person asks for it, and so comes with the later bundle (scripts/support/later.mjs). */
export { checkLogFile } from './checkLog';
export { chooseEngine } from './chooseEngine';
export { chooseTargets } from './chooseTargets';
export { copyMarkdown } from './copyMarkdown';
export { deviceProfiles } from './deviceProfiles';
export { estimateWorkspace } from './estimateWorkspace';
export { setContextBatch } from './setContextBatch';
export { showHeader } from './showHeader';
export { whatIf } from './whatIf';
export { whichHardware } from './whichHardware';
