/** Muster as a benchmark meets it: its processes, its fleets, and the command. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../tools/setup/programs.mjs';

/** What a drone without python3 has on its PATH here. */
const SMALL = ['setsid', 'sleep', 'grep'];

/**
 * A login shell for a lab whose drones have no python3.
 * @param {import('@muster/testing').ScratchDir} dir
 * @returns {Promise<string>}
 */
export async function smallLoginShell(dir) {
  const programs = join(dir.path, 'programs');
  await mkdir(programs);
  for (const name of SMALL) {
    const folder = findProgram([name]);
    if (folder === undefined) throw new Error(`${name} is not on the PATH`);
    await symlink(join(folder, name), join(programs, name));
  }
  return `env PATH=${programs} /bin/sh`;
}

/**
 * @param {import('@muster/testing').ScratchDir} dir
 * @param {string} site
 * @param {{ user: string, identityFile: string, knownHostsFile: string }} sshd
 * @param {Record<string, { address: string, port: number }>} drones
 * @returns {Promise<string>} the fleet's file
 */
export function writeFleet(dir, site, { user, identityFile, knownHostsFile: knownHosts }, drones) {
  const defaults = { transport: 'ssh', site, user, identityFile, knownHosts };
  return dir.write(`${site}.yaml`, JSON.stringify({ version: 1, defaults, drones }));
}

/**
 * The first `count` targets of a lab as drones; once more from the first on where it has fewer.
 * @param {import('@muster/testing').SshdLab} sshd
 * @param {number} count
 */
export function targetsOf({ targets }, count) {
  const names = Array.from({ length: count }, (_, index) => `drone${String(index + 1)}`);
  return Object.fromEntries(
    names.map((name, index) => {
      const { address = '', port = 0 } = targets[index % targets.length] ?? {};
      return [name, { address, port }];
    }),
  );
}

/**
 * A scheduler: a process that stays, with the library. This one.
 * @param {string} redisUrl
 * @param {string} fleetFile
 * @param {string} lane
 * @param {Record<string, { effect: 'once' }>} [methods] those of the bench
 */
export async function openScheduler(redisUrl, fleetFile, lane, methods = {}) {
  const { DroneTaskQueue, loadFleet } = await import('@muster/producer');
  const fleet = await loadFleet(fleetFile);
  const settings = { name: lane, fleet, redis: redisUrl, methods };
  const queue = await DroneTaskQueue.open({
    ...settings,
    hostCombiner: false,
    deadlineMs: 600_000,
  });
  return {
    /**
     * @param {string} drones
     * @param {readonly { method: string, args: Record<string, unknown> }[]} calls
     */
    tick: async (drones, calls) => {
      const chosen = fleet.select(drones);
      for (const drone of chosen) {
        for (const { method, args } of calls) drone.queueCall(method, args);
      }
      const results = await queue.execute(chosen);
      if (results.size !== chosen.length)
        throw new Error(`${results.size} of ${chosen.length} drones`);
    },
    close: () => queue.close(),
  };
}

/**
 * A combiner, and workers as they are asked for.
 * @param {typeof import('@muster/testing')} lab
 * @param {import('@muster/testing').ScratchDir} dir
 * @param {string} redisUrl
 */
export async function startServices({ startMuster, muster }, dir, redisUrl) {
  const env = { MUSTER_REDIS_URL: redisUrl, MUSTER_STATE_DIR: join(dir.path, 'state') };
  /** @type {Set<{ pid: number, address: string, stop: () => Promise<void> }>} */
  const running = new Set();
  const serve = async (/** @type {string[]} */ args) => {
    const service = startMuster(args, { env });
    const ready = await service.logged('ready');
    const started = {
      address: String(ready['address'] ?? ''),
      pid: service.pid,
      stop: async () => {
        running.delete(started);
        service.kill('SIGTERM');
        await service.ended;
      },
    };
    running.add(started);
    return started;
  };
  const combiner = await serve(['combiner']);
  return {
    combiner,
    startWorker: (
      /** @type {string} */ site,
      /** @type {string} */ fleet,
      /** @type {string[]} */ ...more
    ) =>
      serve([
        'worker',
        ...(site === '' ? [] : ['--site', site]),
        '--fleet',
        fleet,
        '--drain',
        '1s',
        ...more,
      ]),
    startDashboard: async (/** @type {string} */ fleet) =>
      (await serve(['dashboard', '--fleet', fleet, '--port', '0'])).address,
    tick: async (/** @type {string} */ fleet, /** @type {string[]} */ ...work) => {
      const { code, stderr } = await muster(['tick', '--fleet', fleet, ...work], { env });
      if (code !== 0) throw new Error(`muster tick: exit ${code}: ${stderr}`);
    },
    stop: async () => {
      for (const service of running) await service.stop();
    },
  };
}
