/**
 * A worker of the reference for `queue`: what BullMQ's documentation shows for a flow, nothing else.
 * Arguments: the Redis' URL, `child` or `parent`, the concurrency, and how many queues of children.
 */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const [url = '', kind = '', concurrency = '1', queues = '1'] = process.argv.slice(2);
const connection = new Redis(url, { maxRetriesPerRequest: null });
const workers =
  kind === 'child'
    ? Array.from(
        { length: Number(queues) },
        (_, index) =>
          new Worker(`reference-child-${String(index)}`, () => Promise.resolve('done'), {
            connection,
            concurrency: Number(concurrency),
          }),
      )
    : [
        new Worker(
          'reference-parent',
          async (job) => Object.keys(await job.getChildrenValues()).length,
          { connection },
        ),
      ];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void Promise.all(workers.map((worker) => worker.close())).then(() => process.exit(0));
});
