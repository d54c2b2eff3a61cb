/** The worker of the floor for `queue`. Argument: the Redis' URL. */
import { Redis } from 'ioredis';

const AT_ONCE = 100;

const [url = ''] = process.argv.slice(2);
const redis = new Redis(url, { maxRetriesPerRequest: null });
process.on('SIGTERM', () => process.exit(0));
await redis.ping();
process.stdout.write('ready\n');
for (;;) {
  const [, jobs] = (await redis.blmpop(0, 1, 'bare:jobs', 'LEFT', 'COUNT', AT_ONCE)) ?? ['', []];
  const results = jobs.flatMap((job) => [String(JSON.parse(job).drone), '"done"']);
  void redis.hset('bare:results', ...results);
  void redis.rpush('bare:done', jobs.length);
}
