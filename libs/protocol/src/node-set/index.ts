export { expandNodeSet } from './expand.js';
export { foldNodeSet } from './fold.js';
export { NodeSetError } from './node-set-error.js';
export {
  parseSelection,
  type Selection,
  type SelectionOperand,
  type SelectionStep,
} from './parse-selection.js';
export { select, type SelectionUniverse } from './select.js';
