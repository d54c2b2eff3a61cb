/**
 * Muster over SSH against what people use now, on 100 real sshd targets of this machine: the whole
 * command each time, from its start to its last word. `/bin/echo` on each target.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../tools/setup/programs.mjs';
import { inTurn, ratiosOf, timed } from './measure.mjs';
import { startServices, targetsOf, writeFleet } from './services.mjs';

const TARGETS = 100;
const FAN_OUT = 50;
const CALLS = 10;
const WARM_UP = 10;
const MORE_OUTPUT = { maxBuffer: 64 * 1024 * 1024 };
const execute = promisify(execFile);

/** What has to be reached: the line, and what it is a ratio of. */
const LINES = [
  { ours: 'muster, cold', than: ['clush', 'pssh'], line: 0.65 },
  { ours: 'muster, warm', than: ['clush'], line: 1 / 15 },
  { ours: 'muster, warm', than: ['ansible, ControlPersist'], line: 1 / 20 },
  { ours: 'muster, warm', than: ['OpenSSH, multiplexed'], line: 1 / 3.5 },
  { ours: 'muster, warm, 10 calls', than: ['1,000 local fork+execs'], line: 2.5 },
];

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: { of: string, to: string, ratio: number, line: number }[] }>}
 */
export async function benchSsh({ lab, runs, say }) {
  const { startSshdLab, startRedisServer, scratchDir } = lab;
  const dir = await scratchDir();
  const [sshd, redis] = await Promise.all([
    startSshdLab({ targets: TARGETS, maxStartups: '200:30:400' }),
    startRedisServer({ directory: dir.path }),
  ]);
  const end = [() => sshd.stop(), () => redis.stop(), () => dir.remove()];
  try {
    const ours = await ourWays(lab, dir, sshd, redis.url);
    end.unshift(ours.stop);
    const theirs = await theirWays(dir, sshd);
    end.unshift(theirs.stop);
    const candidates = [...ours.candidates, ...theirs.candidates];
    const rows = await inTurn(runs, candidates, say);
    return { rows, ratios: ratiosOf(rows, LINES) };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {typeof import('@muster/testing')} lab
 * @param {import('@muster/testing').ScratchDir} dir
 * @param {import('@muster/testing').SshdLab} sshd
 * @param {string} redisUrl
 */
async function ourWays(lab, dir, sshd, redisUrl) {
  const fleetOf = (/** @type {string} */ site) =>
    writeFleet(dir, site, sshd, targetsOf(sshd, TARGETS));
  const [cold, warm] = [await fleetOf('cold'), await fleetOf('warm')];
  const echo = { method: 'exec', args: { argv: ['/bin/echo', 'hello'] } };
  const calls = await dir.write('calls.json', JSON.stringify(Array(CALLS).fill(echo)));
  const muster = await startServices(lab, dir, redisUrl);
  const single = ['--', '/bin/echo', 'hello'];
  const several = ['--calls', calls];
  await muster.startWorker('warm', warm);
  for (let time = 0; time < WARM_UP; time += 1) await muster.tick(warm, ...single);
  return {
    stop: muster.stop,
    candidates: [
      {
        name: 'muster, cold',
        run: async () => {
          const worker = await muster.startWorker('cold', cold);
          const seconds = await timed(() => muster.tick(cold, ...single));
          await worker.stop();
          return seconds;
        },
      },
      {
        name: 'muster, warm',
        run: async () => {
          // Its connections have had a minute and more to fall asleep.
          await muster.tick(warm, ...single);
          return timed(() => muster.tick(warm, ...single));
        },
      },
      { name: 'muster, warm, 10 calls', run: () => timed(() => muster.tick(warm, ...several)) },
    ],
  };
}

/**
 * @param {import('@muster/testing').ScratchDir} dir
 * @param {import('@muster/testing').SshdLab} sshd
 */
async function theirWays(dir, { user, identityFile, knownHostsFile, targets }) {
  const addresses = targets.map(({ address }) => address);
  const port = targets[0]?.port ?? 22;
  const plain = [
    ...['-F', 'none', '-i', identityFile, '-p', String(port), '-l', user],
    ...['-o', `UserKnownHostsFile=${knownHostsFile}`, '-o', 'StrictHostKeyChecking=yes'],
    ...['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
  ];
  const sockets = join(dir.path, 's');
  await mkdir(sockets);
  const multiplexed = [...plain, '-o', `ControlPath=${join(sockets, '%h')}`];
  const hosts = await dir.write('hosts', `${addresses.join('\n')}\n`);
  const inventory = await dir.write(
    'inventory',
    `${addresses.map((address) => `${address} ansible_user=${user} ansible_port=${port}`).join('\n')}\n`,
  );
  /** @type {{ name: string, run: () => Promise<number> }[]} */
  const candidates = [];
  const whole = (/** @type {string} */ file, /** @type {string[]} */ args, env = {}) =>
    timed(() => execute(file, args, { ...MORE_OUTPUT, env: { ...process.env, ...env } }));

  if (findProgram(['clush']) !== undefined) {
    const options = ['-f', String(FAN_OUT), '-o', plain.join(' '), '-w', addresses.join(',')];
    candidates.push({ name: 'clush', run: () => whole('clush', [...options, '/bin/echo hello']) });
  }
  const pssh = ['parallel-ssh', 'pssh'].find((name) => findProgram([name]) !== undefined);
  if (pssh !== undefined) {
    const options = ['-p', String(FAN_OUT), '-h', hosts, ...plain.flatMap((one) => ['-X', one])];
    candidates.push({ name: 'pssh', run: () => whole(pssh, [...options, '/bin/echo hello']) });
  }
  if (findProgram(['ansible']) !== undefined) {
    const raw = [
      'all',
      '-i',
      inventory,
      '-m',
      'raw',
      '-a',
      '/bin/echo hello',
      '-f',
      String(FAN_OUT),
    ];
    const cold = { ANSIBLE_SSH_ARGS: `${plain.join(' ')} -o ControlMaster=no` };
    const persist = `-o ControlMaster=auto -o ControlPersist=600s`;
    const warm = {
      ANSIBLE_SSH_ARGS: `${plain.join(' ')} ${persist}`,
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(dir.path, 'a'),
    };
    await whole('ansible', raw, warm);
    candidates.push(
      { name: 'ansible, cold', run: () => whole('ansible', raw, cold) },
      { name: 'ansible, ControlPersist', run: () => whole('ansible', raw, warm) },
    );
  }
  /** @type {import('node:child_process').ChildProcess[]} */
  const masters = [];
  if (findProgram(['ssh']) !== undefined) {
    for (const address of addresses) {
      const args = [...multiplexed, '-M', '-N', address];
      masters.push(spawn('ssh', args, { stdio: 'ignore' }));
    }
    for (const address of addresses) await established([...multiplexed, '-O', 'check', address]);
    const each = ['-a', hosts, '-P', String(FAN_OUT), '-I', '{}', 'ssh', ...multiplexed, '{}'];
    candidates.push({
      name: 'OpenSSH, multiplexed',
      run: () => whole('xargs', [...each, '/bin/echo hello']),
    });
  }
  const numbers = await dir.write('numbers', Array.from({ length: 1_000 }, (_, n) => n).join('\n'));
  candidates.push({
    name: '1,000 local fork+execs',
    run: () => whole('xargs', ['-a', numbers, '-P', '4', '-n', '1', '/bin/echo']),
  });
  return {
    candidates,
    stop: async () => {
      for (const master of masters) master.kill();
    },
  };
}

/** @param {string[]} check arguments of an ssh that asks whether its master is there */
async function established(check) {
  for (let time = 0; time < 300; time += 1) {
    const isThere = await execute('ssh', check).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`ssh ${check.at(-1)}: no connection for 30 s`);
}
