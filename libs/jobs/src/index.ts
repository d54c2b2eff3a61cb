export { addJobs, type JobToAdd, type Piece } from './add-jobs.js';
export { CHILD_OPTIONS } from './child-options.js';
export { JobTaker, type JobTakerSettings } from './job-taker.js';
export { removeJobs } from './remove-jobs.js';
