/** Servers with narrow limits: what Muster makes of them against what they allow. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inTurn, ratiosOf, timed } from './measure.mjs';
import { smallLoginShell, startServices, targetsOf, writeFleet } from './services.mjs';

/** At once on one drone, each for a second, on a server that allows two channels. */
const CALLS = 20;
const CHANNELS = 2;
const DRONES = 100;
const HANDSHAKES = 3;
const execute = promisify(execFile);

const LINES = [
  { ours: 'MaxSessions 2', than: ['two channels'], line: 1.3 },
  { ours: 'MaxSessions 2, no python3', than: ['two channels'], line: 1.3 },
  { ours: 'MaxStartups 3', than: ['ssh, three at a time'], line: 1.3 },
];

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: ReturnType<typeof ratiosOf> }>}
 */
export async function benchLimits({ lab, runs, say }) {
  const { startSshdLab, startRedisServer, scratchDir } = lab;
  const dir = await scratchDir();
  const loginShell = await smallLoginShell(dir);
  const [redis, narrow, small, busy] = await Promise.all([
    startRedisServer({ directory: dir.path }),
    startSshdLab({ targets: 1, maxSessions: CHANNELS }),
    startSshdLab({ targets: 1, maxSessions: CHANNELS, loginShell }),
    startSshdLab({ targets: DRONES, maxStartups: `${HANDSHAKES}:100:${HANDSHAKES}` }),
  ]);
  const end = [...[narrow, small, busy, redis].map((one) => () => one.stop()), () => dir.remove()];
  try {
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const manyCalls = async (/** @type {string} */ site, /** @type {typeof narrow} */ sshd) => {
      const fleet = await writeFleet(dir, site, sshd, targetsOf(sshd, CALLS));
      await muster.startWorker(site, fleet);
      // The limit is learned, and the connection is there.
      await muster.tick(fleet, '--', 'sleep', '0');
      return () => timed(() => muster.tick(fleet, '--', 'sleep', '1'));
    };
    const crowd = await writeFleet(dir, 'crowd', busy, targetsOf(busy, DRONES));
    const { user, identityFile, knownHostsFile } = busy;
    const hosts = await dir.write('hosts', busy.targets.map(({ address }) => address).join('\n'));
    const ssh = [
      ...['ssh', '-F', 'none', '-i', identityFile, '-p', String(busy.targets[0]?.port), '-l', user],
      ...['-o', `UserKnownHostsFile=${knownHostsFile}`, '-o', 'StrictHostKeyChecking=yes'],
      ...['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '{}', 'true'],
    ];
    const xargs = ['-a', hosts, '-P', String(HANDSHAKES), '-I', '{}', ...ssh];
    const rows = await inTurn(
      runs,
      [
        { name: 'two channels', run: () => Promise.resolve(CALLS / CHANNELS) },
        { name: 'MaxSessions 2', run: await manyCalls('narrow', narrow) },
        { name: 'MaxSessions 2, no python3', run: await manyCalls('small', small) },
        {
          name: 'MaxStartups 3',
          run: async () => {
            const worker = await muster.startWorker('crowd', crowd);
            const seconds = await timed(() => muster.tick(crowd, '--', 'true'));
            await worker.stop();
            return seconds;
          },
        },
        { name: 'ssh, three at a time', run: () => timed(() => execute('xargs', xargs)) },
      ],
      say,
    );
    return { rows, ratios: ratiosOf(rows, LINES) };
  } finally {
    for (const stop of end) await stop();
  }
}
