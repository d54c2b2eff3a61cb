/** What a method warns of is seen by whoever runs a tick, and later by whoever looks at it. */
import { fileURLToPath } from 'node:url';
import { muster, scratchDir, startTestRedis } from '@muster/testing';
import { expect, it, onTestFinished } from 'vitest';
import { readRecord } from './record-schema.js';

const METHODS = fileURLToPath(new URL('../apps/producer/test/own-methods.mjs', import.meta.url));

it('behaviour 20: warnings are shown beside the results, and do not change the exit code', async () => {
  const [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  onTestFinished(async () => {
    await redis.stop();
    await scratch.remove();
  });
  const fleet = await scratch.write(
    'fleet.yaml',
    'version: 1\ndefaults: {transport: local}\ndrones: {"box[1-3]": {}}\n',
  );
  const { code, stdout, stderr } = await muster([
    ...['tick', '--redis', redis.url, '--with-worker', '--fleet', fleet, '--methods', METHODS],
    ...['--call', 'grumble', JSON.stringify({ about: ['disk 91% full', 'a\u001b[31mred\nline'] })],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = [
    '● box[1-3] (3)',
    '  {"said":2}',
    '! box[1-3] disk 91% full',
    '! box[1-3] ared line',
  ];
  expect(stdout.split('\n').slice(0, 4)).toEqual(lines);
  expect(stdout.split('\n')[4]).toMatch(/^3 of 3 drones ok /);

  const shown = await muster(['show', 'default-1', '--redis', redis.url]);
  expect(shown.stdout).toBe(stdout);
  const json = await muster(['show', 'default-1', '--redis', redis.url, '--json']);
  expect(readRecord(json.stdout).drones['box1']?.warnings).toEqual(['disk 91% full', 'ared line']);
});
