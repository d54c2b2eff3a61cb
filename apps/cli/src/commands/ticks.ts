import { formatDuration, type RecordHead } from '@muster/protocol';
import { listTicks, readManyTickFacts, readRecordHead } from '@muster/tick-state';
import { EXIT } from '../exit-codes.js';
import { coloursFor, type Colours } from '../output/colours.js';
import { print } from '../output/streams.js';
import { withStore } from './reading.js';

export async function runTicks(options: {
  redis?: string;
  json?: boolean;
  limit?: number;
  lane?: string;
}): Promise<number> {
  return withStore(options.redis, async (store) => {
    const kept = await readManyTickFacts(
      store,
      await listTicks(store, options.lane === undefined ? options.limit : undefined),
    );
    const wanted = kept.filter(({ lane }) => options.lane === undefined || lane === options.lane);
    const heads: RecordHead[] = [];
    for (const facts of wanted.slice(0, options.limit))
      heads.push(await readRecordHead(store, facts));
    const colours = coloursFor(process.stdout);
    await print(
      options.json === true
        ? `${JSON.stringify(heads)}\n`
        : heads.map((head) => `${line(head, colours)}\n`).join(''),
    );
    return EXIT.ok;
  });
}

function line(head: RecordHead, colours: Colours): string {
  const paint =
    head.status === 'ok' ? colours.green : head.status === 'running' ? colours.cyan : colours.red;
  const counts = Object.entries(head.counts)
    .map(([outcome, count]) => `${String(count)} ${outcome}`)
    .join(', ');
  const time = head.durationMs === null ? '' : formatDuration(head.durationMs);
  return `${head.startedAt}  ${head.tick.padEnd(20)} ${paint(head.status.padEnd(9))} ${time.padStart(7)}  ${counts}`;
}
