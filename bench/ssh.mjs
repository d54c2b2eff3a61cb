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
import {
  openScheduler,
  smallLoginShell,
  startServices,
  targetsOf,
  writeFleet,
} from './services.mjs';

const TARGETS = 100;
const FAN_OUT = 50;
const CALLS = 10;
const WARM_UP = 10;
const MORE_OUTPUT = { maxBuffer: 64 * 1024 * 1024 };
const execute = promisify(execFile);

/** What has to be reached: the line, and what it is a ratio of. */
const LINES = ['muster tick', 'scheduler'].flatMap((who) => [
  { ours: `${who}, cold`, than: ['clush', 'pssh'], line: 0.65 },
  ...[`${who}, warm`, `${who}, no python3, warm`].flatMap((ours) => [
    { ours, than: ['clush'], line: 1 / 15 },
    { ours, than: ['ansible, ControlPersist'], line: 1 / 20 },
    { ours, than: ['OpenSSH, multiplexed'], line: 1 / 3.5 },
    { ours: `${ours}, 10 calls`, than: ['1,000 local fork+execs'], line: 2.5 },
  ]),
]);

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: { of: string, to: string, ratio: number, line: number }[] }>}
 */
export async function benchSsh({ lab, runs, say }) {
  const { startSshdLab, startRedisServer, scratchDir } = lab;
  const dir = await scratchDir();
  const maxStartups = '200:30:400';
  const loginShell = await smallLoginShell(dir);
  const [sshd, small, redis] = await Promise.all([
    startSshdLab({ targets: TARGETS, maxStartups }),
    startSshdLab({ targets: TARGETS, maxStartups, loginShell }),
    startRedisServer({ directory: dir.path }),
  ]);
  const end = [() => sshd.stop(), () => small.stop(), () => redis.stop(), () => dir.remove()];
  try {
    const ours = await ourWays(lab, dir, { sshd, small }, redis.url);
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
 * @param {Record<'sshd' | 'small', import('@muster/testing').SshdLab>} labs `small`: without python3
 * @param {string} redisUrl
 */
async function ourWays(lab, dir, { sshd, small }, redisUrl) {
  const fleetOf = (/** @type {string} */ site, /** @type {typeof sshd} */ targets) =>
    writeFleet(dir, site, targets, targetsOf(targets, TARGETS));
  const all = `drone[1-${TARGETS}]`;
  const echo = { method: 'exec', args: { argv: ['/bin/echo', 'hello'] } };
  const callsFile = await dir.write('calls.json', JSON.stringify(Array(CALLS).fill(echo)));
  const muster = await startServices(lab, dir, redisUrl);
  const end = [muster.stop];
  /** Two ways to have a tick: a command each time, and a process that stays. */
  const waysOf = async (/** @type {string} */ fleet, /** @type {string} */ lane) => {
    const scheduler = await openScheduler(redisUrl, fleet, lane);
    end.unshift(scheduler.close);
    return {
      'muster tick': (/** @type {number} */ calls) =>
        muster.tick(fleet, ...(calls === 1 ? ['--', ...echo.args.argv] : ['--calls', callsFile])),
      scheduler: (/** @type {number} */ calls) => scheduler.tick(all, Array(calls).fill(echo)),
    };
  };
  const cold = await fleetOf('cold', sshd);
  const coldWays = Object.entries(await waysOf(cold, 'cold')).map(([who, tick]) => ({
    name: `${who}, cold`,
    run: async () => {
      const worker = await muster.startWorker('cold', cold);
      const seconds = await timed(() => tick(1));
      await worker.stop();
      return seconds;
    },
  }));
  const warmWays = async (
    /** @type {string} */ kind,
    /** @type {string} */ site,
    /** @type {typeof sshd} */ targets,
  ) => {
    const fleet = await fleetOf(site, targets);
    await muster.startWorker(site, fleet);
    const ways = await waysOf(fleet, site);
    for (let time = 0; time < WARM_UP; time += 1) await ways.scheduler(1);
    return Object.entries(ways).flatMap(([who, tick]) =>
      [1, CALLS].map((calls) => ({
        name: `${who}, ${kind}${calls === 1 ? '' : `, ${String(calls)} calls`}`,
        run: async () => {
          // Its connections have had a minute and more to fall asleep.
          await tick(1);
          return timed(() => tick(calls));
        },
      })),
    );
  };
  const warm = await warmWays('warm', 'warm', sshd);
  const withoutPython = await warmWays('no python3, warm', 'small', small);
  return {
    stop: async () => {
      for (const stop of end) await stop();
    },
    candidates: [...coldWays, ...warm, ...withoutPython],
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
