/**
 * A worker of the reference for `queue`: what BullMQ's documentation shows for a flow, nothing else.
 * Arguments: the Redis' URL, `child` or `parent`, and the concurrency.
 */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const [url = '', kind = '', concurrency = '1'] = process.argv.slice(2);
const connection = new Redis(url, { maxRetriesPerRequest: null });
const worker =
  kind === 'child'
    ? new Worker('reference-child', () => Promise.resolve('done'), {
        connection,
        concurrency: Number(concurrency),
      })
    : new Worker(
        'reference-parent',
        async (job) => Object.keys(await job.getChildrenValues()).length,
        { connection },
      );
await worker.waitUntilReady();
process.stdout.write('ready\n');
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
