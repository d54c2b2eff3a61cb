import { InProcessTaskQueue } from '../src/index.js';
import { describeTaskQueue, OWN_METHODS } from './task-queue.suite.js';

describeTaskQueue('InProcessTaskQueue', (fleet, { name = 'suite', ...options } = {}) =>
  InProcessTaskQueue.open({ name, fleet, methods: OWN_METHODS, ...options }),
);
