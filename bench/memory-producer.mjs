/**
 * The producer of `memory`: a tick of every drone for each line that it reads, and a line with its
 * seconds. Arguments: the Redis' URL, the fleet's file, and the bytes of each result.
 */
import { createInterface } from 'node:readline';
import { timed } from './measure.mjs';
import { openScheduler } from './services.mjs';

const [url = '', fleet = '', bytes = '0'] = process.argv.slice(2);
const scheduler = await openScheduler(url, fleet, 'memory', { text: { effect: 'once' } });
process.stdout.write('ready\n');
for await (const _line of createInterface(process.stdin)) {
  const calls = [{ method: 'text', args: { bytes: Number(bytes) } }];
  const seconds = await timed(() => scheduler.tick('*', calls));
  process.stdout.write(`${String(seconds)}\n`);
}
await scheduler.close();
