import { InProcessTaskQueue } from '../src/index.js';
import { describeTaskQueue } from './task-queue.suite.js';

describeTaskQueue('InProcessTaskQueue', (fleet, { name = 'suite', ...options } = {}) =>
  InProcessTaskQueue.open({ name, fleet, ...options }),
);
