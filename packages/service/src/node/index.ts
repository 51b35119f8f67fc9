/** What only Node has. */
export { HandledFile, type HandledFileOptions, openHandledFile } from './handled-file.js';
