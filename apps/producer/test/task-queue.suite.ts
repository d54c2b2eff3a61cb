/**
 * What every task queue must do, with Redis and without: the behaviours of the seed that a
 * scheduler relies on, named by their numbers. Runs on real processes.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@muster/runtime';
import {
  freePort,
  makeSshKey,
  killProcessesWith,
  processesWith,
  scratchDir,
  startSilentServer,
  type ScratchDir,
} from '@muster/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type Drone,
  DuplicateDroneError,
  InvalidInputError,
  loadFleet,
  NoDroneAnswersError,
  PendingCallsError,
  TickFailedError,
  TickInFlightError,
  UncollectedResultsError,
  type DroneFleet,
  type TaskQueue,
} from '../src/index.js';
import { collectMetrics } from './metrics-in-memory.js';

interface QueueOptions {
  readonly name?: string;
  readonly deadlineMs?: number;
  readonly connectTimeoutMs?: number;
  readonly policy?: string;
  readonly log?: Logger;
  readonly droneMetrics?: boolean;
}

/** Modules with methods of the user's own, which all queues of the suite know. */
export const OWN_METHODS = [fileURLToPath(new URL('own-methods.mjs', import.meta.url))];

/** Opens a queue whose ticks run on `fleet`; the suite closes it. */
export type OpenQueue = (fleet: DroneFleet, options?: QueueOptions) => Promise<TaskQueue>;

const FLEET = `
version: 1
defaults: { transport: local }
drones: { "box[1-6]": {}, off: { enabled: false } }
`;

/** No process has so large an id. */
const GONE = 4_194_303;

/** Whether it runs; a zombie does not. */
function lives(pid: number): boolean {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8') !== '';
}

export function describeTaskQueue(kind: string, openQueue: OpenQueue): void {
  describe(`behaviour 16: ${kind} does what a task queue does`, () => {
    let dir: ScratchDir;
    let fleet: DroneFleet;
    let open: TaskQueue[] = [];

    const queueFor = async (options?: QueueOptions): Promise<TaskQueue> => {
      const queue = await openQueue(fleet, options);
      open.push(queue);
      return queue;
    };
    const drone = (name: string): Drone => {
      const found = fleet.get(name);
      if (found === undefined) throw new Error(`no ${name}`);
      return found;
    };
    /** Holds its drone until `release` is called. */
    const gate = (name: string): { argv: string[]; release: () => Promise<void> } => {
      const path = join(dir.path, name);
      const script = 'until [ -e "$1" ]; do sleep 0.02; done';
      return {
        argv: ['sh', '-c', script, 'gate', path],
        release: async () => {
          await dir.write(name, '');
        },
      };
    };
    /** Has the drone spawn a process of its own, and gives its pid. */
    const sleeper = async (queue: TaskQueue, on: Drone, args: object = {}): Promise<number> => {
      on.queueCall('spawn', { argv: ['sleep', '600'], env: { DIR: dir.path }, ...args });
      const [result] = (await queue.execute([on])).get(on) ?? [];
      return (result as { pid: number }).pid;
    };
    const say = (text: string): [string, { argv: string[] }] => [
      'exec',
      { argv: ['printf', '%s', text] },
    ];
    const outputs = (results: unknown[] | undefined): unknown[] | undefined =>
      results?.map((result) => (result as { stdout?: string } | null)?.stdout ?? null);

    beforeEach(async () => {
      dir = await scratchDir();
      fleet = await loadFleet(await dir.write('fleet.yaml', FLEET));
    });
    afterEach(async () => {
      for (const queue of open) await queue.close();
      open = [];
      await killProcessesWith(dir.path);
      await dir.remove();
    });

    it('behaviour 1: a drone without calls gets no job and is absent from the results', async () => {
      const queue = await queueFor();
      drone('box1').queueCall(...say('here'));
      const results = await queue.execute(fleet.select('box[1-3]'));
      expect([...results.keys()].map(String)).toEqual(['box1']);
    });

    it('behaviours 2 and 3: the batch runs in order, results are aligned, nothing keeps its place as null', async () => {
      const queue = await queueFor();
      const log = join(dir.path, 'log');
      for (const word of ['one', 'two', 'three']) {
        drone('box1').queueCall('exec', { shell: `echo ${word} >>'${log}'; printf ${word}` });
        if (word === 'two') drone('box1').queueCall('rest');
      }
      const results = await queue.execute([drone('box1')]);
      expect(outputs(results.get(drone('box1')))).toEqual(['one', 'two', null, 'three']);
      expect(results.get(drone('box1'))?.[2]).toBeNull();
      expect(await readFile(log, 'utf8')).toBe('one\ntwo\nthree\n');
    });

    it('behaviours 4 and 13: without waiting, the outcome is had from getResults alone, and once', async () => {
      const queue = await queueFor();
      drone('box1').queueCall(...say('later'));
      expect(await queue.execute([drone('box1')], { wait: false })).toBeNull();
      expect(outputs((await queue.getResults()).get(drone('box1')))).toEqual(['later']);
      expect(await queue.getResults()).toEqual(new Map());
    });

    it('behaviour 6: uncollected results refuse the next execute, even of no drone', async () => {
      const queue = await queueFor();
      drone('box1').queueCall(...say('x'));
      await queue.execute([drone('box1')], { wait: false });
      await queue.waitOnDrones();
      const refused = queue.execute([]);
      await expect(refused).rejects.toThrow(UncollectedResultsError);
      await expect(refused).rejects.toThrow(
        /collect them with getResults\(\), or drop them with discard\(\)/,
      );
      await queue.discard();
      expect(await queue.execute([])).toEqual(new Map());
    });

    it('behaviour 7: a running tick refuses execute and discard, and is named', async () => {
      const queue = await queueFor({ name: 'lane7' });
      const held = gate('go');
      drone('box1').queueCall('exec', { argv: held.argv });
      await queue.execute([drone('box1')], { wait: false });
      await expect(queue.execute([])).rejects.toThrow(/lane7-1 is still running/);
      await expect(queue.execute([])).rejects.toThrow(TickInFlightError);
      await expect(queue.discard()).rejects.toThrow(TickInFlightError);
      await held.release();
      await queue.getResults();
    });

    it('behaviours 5, 8, 9 and 50: one drone fails, the others are waited for, one error has everything', async () => {
      const queue = await queueFor();
      drone('box1').queueCall('exec', { shell: 'echo disk full >&2; exit 7' });
      drone('box2').queueCall('exec', { shell: 'sleep 0.3; printf good' });
      drone('box3').queueCall('exec', { argv: ['/no/such/command'] });
      const error = await queue
        .execute(fleet.select('box[1-3]'))
        .catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      const [head, ...lines] = error.message.split('\n');
      expect(head).toMatch(/^2 of 3 drones failed: /);
      expect(lines).toHaveLength(2);
      expect(lines[0]).toBe('  box1: call_failed: call 0, exec: exit 7: disk full');
      expect(lines[1]).toMatch(/^ {2}box3: call_failed: call 0, exec: exit 127: /);
      expect(outputs(error.results.get(drone('box2')))).toEqual(['good']);
      expect([...error.failures.keys()].map(String)).toEqual(['box1', 'box3']);
      expect(error.record.drones['box2']?.outcome).toBe('ok');
    });

    it('behaviours 10 and 12: after a failed wait nothing is in flight, and the next execute is free', async () => {
      const queue = await queueFor();
      await queue.waitOnDrones();
      drone('box1').queueCall('exec', { argv: ['false'] });
      await queue.execute([drone('box1')], { wait: false });
      await expect(queue.waitOnDrones()).rejects.toThrow(TickFailedError);
      await queue.waitOnDrones();
      drone('box1').clearCallQueue();
      drone('box1').queueCall(...say('again'));
      expect(outputs((await queue.execute([drone('box1')])).get(drone('box1')))).toEqual(['again']);
    });

    it('behaviour 14: whatever a method throws is recorded and raised at the wait, and the next tick runs', async () => {
      const queue = await queueFor();
      for (const [name, how] of Object.entries({ box1: 'error', box2: 'nothing', box3: 'later' })) {
        drone(name).queueCall('blow', { how });
      }
      await queue.execute(fleet.select('box[1-3]'), { wait: false });
      const error = await queue.waitOnDrones().catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      expect(
        [...error.failures].map(([failed, { message }]) => `${failed.hostname} ${message}`),
      ).toEqual([
        'box1 call 0, blow: blown',
        'box2 call 0, blow: undefined',
        'box3 call 0, blow: blown later',
      ]);
      drone('box4').queueCall(...say('still here'));
      expect(outputs((await queue.execute([drone('box4')])).get(drone('box4')))).toEqual([
        'still here',
      ]);
    });

    it('behaviour 17: queues of different names do not see each other', async () => {
      const [one, two] = [await queueFor({ name: 'one' }), await queueFor({ name: 'two' })];
      const held = gate('one-goes');
      drone('box1').queueCall('exec', { argv: held.argv });
      drone('box2').queueCall(...say('two'));
      await one.execute([drone('box1')], { wait: false });
      expect(outputs((await two.execute([drone('box2')])).get(drone('box2')))).toEqual(['two']);
      await held.release();
      await one.getResults();
    });

    it('behaviour 18: drones overlap', async () => {
      const queue = await queueFor();
      // Each waits for the other: one after another they would never end.
      const meet = (mine: string, theirs: string) =>
        `: >'${join(dir.path, mine)}'; until [ -e '${join(dir.path, theirs)}' ]; do sleep 0.02; done`;
      drone('box1').queueCall('exec', { shell: meet('a', 'b') });
      drone('box2').queueCall('exec', { shell: meet('b', 'a') });
      expect((await queue.execute(fleet.select('box[1-2]'))).size).toBe(2);
    });

    it('behaviour 19: a failed call ends its batch; effects and results of the earlier ones remain', async () => {
      const queue = await queueFor();
      const file = join(dir.path, 'effect');
      drone('box1').queueCall('write', { path: file, content: 'kept' });
      drone('box1').queueCall('exec', { argv: ['false'] });
      drone('box1').queueCall('exec', { argv: ['rm', file] });
      const error = await queue.execute([drone('box1')]).catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      const entry = error.record.drones['box1'];
      expect(entry?.results).toEqual([{ bytes: 4 }]);
      expect(entry?.calls.map(({ status }) => status)).toEqual(['ok', 'failed', 'skipped']);
      expect(await readFile(file, 'utf8')).toBe('kept');
    });

    it('behaviour 20: warnings travel apart from the results and do not fail the batch', async () => {
      const queue = await queueFor();
      drone('box1').queueCall('grumble', { about: ['disk 91% full'] });
      drone('box1').queueCall('grumble', { about: ['fan is loud', 'fan is\nlouder'] });
      drone('box2').queueCall(...say('fine'));
      const results = await queue.execute(fleet.select('box[1-2]'));
      expect(results.get(drone('box1'))).toEqual([{ said: 1 }, { said: 2 }]);
      expect(queue.lastRecord).toMatchObject({ tick: queue.lastTick, status: 'ok', failure: null });
      expect(queue.lastRecord?.drones['box1']).toMatchObject({
        outcome: 'ok',
        error: null,
        warnings: ['disk 91% full', 'fan is loud', 'fan is louder'],
      });
      expect(queue.lastRecord?.drones['box2']?.warnings).toEqual([]);
    });

    it('behaviour 20: the warnings of a batch that fails are kept, apart from its error', async () => {
      const queue = await queueFor();
      drone('box1').queueCall('grumble', { about: ['disk 99% full'], fail: true });
      const error = await queue.execute([drone('box1')]).catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      expect(error.record).toEqual(queue.lastRecord);
      expect(error.record.drones['box1']).toMatchObject({
        outcome: 'call_failed',
        error: { message: 'call 0, grumble: that was too much' },
        warnings: ['disk 99% full'],
      });
    });

    it('behaviours 21 and 22: pending kills make no batch, and ride with the next as one last call', async () => {
      const queue = await queueFor();
      const box = drone('box1');
      const [one, two] = [await sleeper(queue, box), await sleeper(queue, box)];
      for (const pid of [one, two, one]) box.queueKill(pid);
      expect(await queue.execute([box])).toEqual(new Map());
      expect([one, two].map(lives)).toEqual([true, true]);
      expect(box.getCalls()).toEqual([]);

      box.queueCall(...say('first'));
      const methods: string[] = [];
      const results = await queue.execute([box], {
        onReport: (_, { calls }) => methods.push(...calls.map(({ method }) => method)),
      });
      expect(results.get(box)).toEqual([
        expect.objectContaining({ stdout: 'first' }),
        [
          { pid: one, ended: 'term' },
          { pid: two, ended: 'term' },
        ],
      ]);
      expect(methods).toEqual(['exec', 'kill']);
      expect(box.getKills()).toEqual([]);
      expect(await queue.execute([box])).toEqual(new Map());
    });

    it('gives results to onReport alone where they are not to be kept', async () => {
      const queue = await queueFor();
      const boxes = [drone('box1'), drone('box2')];
      for (const box of boxes) box.queueCall(...say(box.hostname));
      const told = new Map<string, unknown[] | undefined>();
      const results = await queue.execute(boxes, {
        keepResults: false,
        onReport: ({ hostname }, entry) => told.set(hostname, outputs([...entry.results])),
      });
      expect([...told].sort()).toEqual([
        ['box1', ['box1']],
        ['box2', ['box2']],
      ]);
      expect([...results.values()]).toEqual([[], []]);
      expect(queue.lastRecord?.counts).toEqual({ ok: 2 });
    });

    it('behaviour 22: sendKills sends them at once, also to drones with nothing else', async () => {
      const queue = await queueFor();
      const box = drone('box1');
      const pid = await sleeper(queue, box);
      box.queueKill(pid);
      const results = await queue.execute(fleet.select('box[1-3]'), { sendKills: true });
      expect([...results]).toEqual([[box, [[{ pid, ended: 'term' }]]]]);
      expect(box.getKills()).toEqual([]);
    });

    it('behaviours 21 and 23: a failed batch keeps its kills, and so does clearing its calls', async () => {
      const queue = await queueFor();
      const box = drone('box1');
      const pid = await sleeper(queue, box);
      box.queueKill(pid);
      box.queueCall('exec', { argv: ['false'] });
      const error = await queue.execute([box]).catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      expect(error.record.drones['box1']?.calls.map(({ status }) => status)).toEqual([
        'failed',
        'skipped',
      ]);
      expect(lives(pid)).toBe(true);
      box.clearCallQueue();
      expect([box.getCalls(), box.getKills()]).toEqual([[], [pid]]);
      box.clearKills();
      expect(await queue.execute([box], { sendKills: true })).toEqual(new Map());
      expect(lives(pid)).toBe(true);
    });

    it('behaviours 21 and 25: a kill that is asked for during a batch is kept for the next', async () => {
      const queue = await queueFor();
      const box = drone('box1');
      const held = gate('go');
      box.queueKill(GONE);
      box.queueCall('exec', { argv: held.argv });
      await queue.execute([box], { wait: false });
      box.queueKill(GONE);
      box.queueKill(GONE + 1);
      await held.release();
      expect((await queue.getResults()).get(box)?.[1]).toEqual([{ pid: GONE, ended: 'gone' }]);
      expect(box.getKills()).toEqual([GONE, GONE + 1]);
      expect(() => {
        box.queueKill(1);
      }).toThrow(
        new InvalidInputError('box1: kill: pids[0]: expected the id of a process group, 2 or more'),
      );
    });

    it('behaviours 24 and 28: refresh gives each drone its own pidfiles and the process table', async () => {
      const queue = await queueFor();
      const box = drone('box1');
      const pidFile = join(dir.path, 'pid');
      const pid = await sleeper(queue, box, { pidFile });
      box.queueKill(pid);
      const drones = fleet.select('box[1-2]');
      const results = await queue.refresh(drones, ({ hostname }) =>
        hostname === 'box1' ? [pidFile] : [],
      );
      expect([...results.keys()]).toEqual(drones);
      const started = { pid, exitStatus: null, failedTests: null, state: 'started' };
      expect(results.get(box)?.pidFiles).toEqual({ [pidFile]: started });
      expect(results.get(drone('box2'))?.pidFiles).toEqual({});
      for (const { processes } of results.values())
        expect(processes.map((one) => one.pid)).toContain(pid);
      expect(box.getKills()).toEqual([pid]);
      expect((await queue.refresh([box], [pidFile])).get(box)?.pidFilesSecondRead).toEqual({
        [pidFile]: started,
      });
    });

    it('behaviour 24: a refresh is refused while drones have unexecuted calls, and names them', async () => {
      const queue = await queueFor();
      for (const box of fleet.select('box[1-3]')) box.queueCall(...say('waiting'));
      const refused = queue.refresh(fleet.select('box[2-5]'), []);
      await expect(refused).rejects.toThrow(PendingCallsError);
      await expect(refused).rejects.toThrow(
        'these drones still have calls queued, execute or clear them first: box[2-3]',
      );
      expect(drone('box4').getCalls()).toEqual([]);
      expect((await queue.execute(fleet.select('box[2-5]'))).size).toBe(2);
    });

    it('behaviour 24: a refresh that failed leaves no call behind', async () => {
      const queue = await queueFor();
      const refused = queue.refresh([drone('box1')], ['a\0b']);
      await expect(refused).rejects.toThrow(InvalidInputError);
      expect((await queue.refresh([drone('box1')], [])).size).toBe(1);
    });

    it('behaviour 23: a failed batch keeps its calls, but those that finished leave the queue', async () => {
      const queue = await queueFor();
      drone('box1').queueCall(...say('done'));
      drone('box1').queueCall('exec', { argv: ['false'] });
      drone('box1').queueCall(...say('later'));
      await expect(queue.execute([drone('box1')])).rejects.toThrow(TickFailedError);
      expect(
        drone('box1')
          .getCalls()
          .map(({ args }) => args?.['argv']),
      ).toEqual([['false'], ['printf', '%s', 'later']]);
    });

    it('behaviour 25: calls queued while a batch is in flight are kept for the next', async () => {
      const queue = await queueFor();
      const held = gate('go');
      drone('box1').queueCall('exec', { argv: held.argv });
      await queue.execute([drone('box1')], { wait: false });
      drone('box1').queueCall(...say('next'));
      await held.release();
      await queue.getResults();
      expect(drone('box1').getCalls()).toHaveLength(1);
      expect(outputs((await queue.execute([drone('box1')])).get(drone('box1')))).toEqual(['next']);
      expect(drone('box1').getCalls()).toEqual([]);
    });

    describe('behaviour 26: a probe', () => {
      let lines: Record<string, unknown>[] = [];
      const log = pino(
        { level: 'warn' },
        { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
      );
      const droppedSaid = () => lines.filter(({ msg }) => String(msg).startsWith('drone dropped'));

      beforeEach(async () => {
        lines = [];
        const identityFile = join(dir.path, 'key');
        await makeSshKey(identityFile, 'ed25519');
        const deaf = JSON.stringify({
          transport: 'ssh',
          address: '127.0.0.1',
          identityFile,
          port: await freePort(),
        });
        const file = await dir.write(
          'deaf.yaml',
          FLEET.replace('off:', `"deaf[1-2]": ${deaf}, off:`),
        );
        fleet = await loadFleet(file);
      });

      it('behaviour 26: drops an unreachable drone with a line in the log, and gives the others', async () => {
        // A policy of the queue's own says nothing of a probe.
        const queue = await queueFor({ log, policy: 'must=box6' });
        drone('box1').queueCall(...say('kept for later'));
        const left = await queue.probe(fleet.select('box[1-2],deaf1'));
        expect(left).toEqual([drone('box1'), drone('box2')]);
        expect(droppedSaid()).toMatchObject([
          {
            drone: 'deaf1',
            outcome: 'unreachable',
            error: expect.stringMatching(/refused/) as string,
          },
        ]);
        expect(drone('box1').getCalls()).toHaveLength(1);
        expect(await queue.getResults()).toEqual(new Map());
        expect(await queue.probe([])).toEqual([]);
      });

      it('behaviour 26: is an error that names all and why, when no drone is left', async () => {
        const queue = await queueFor({ log });
        const error = await queue
          .probe(fleet.select('deaf[1-2]'))
          .catch((caught: unknown) => caught);
        if (!(error instanceof NoDroneAnswersError)) throw error;
        expect(error.code).toBe('MUSTER_NO_DRONE_ANSWERS');
        expect(error.message).toMatch(
          /^no drone is left: 2 of 2 drones failed: deaf\[1-2\] unreachable \(.*refused.*\)$/,
        );
        expect(Object.keys(error.drones)).toEqual(['deaf1', 'deaf2']);
        expect(droppedSaid()).toHaveLength(2);
        // The lane is free, and the queue as good as before.
        drone('box1').queueCall(...say('on'));
        expect((await queue.execute([drone('box1')])).size).toBe(1);
      });

      it('behaviour 26: in a tick an unreachable drone is never dropped', async () => {
        const queue = await queueFor({ log, policy: 'any' });
        for (const name of ['box1', 'deaf1']) drone(name).queueCall('ping');
        const results = await queue.execute(fleet.select('box1,deaf1'));
        expect([...results.keys()].map(String)).toEqual(['box1']);
        expect(queue.lastRecord?.drones['deaf1']?.outcome).toBe('unreachable');
        expect(droppedSaid()).toEqual([]);
      });
    });

    it('behaviour 27: a disabled drone that is named still gets its calls; * leaves it out', async () => {
      const queue = await queueFor();
      expect(fleet.select('*').map(String)).not.toContain('off');
      const [off] = fleet.select('off');
      off?.queueCall(...say('drained'));
      expect(outputs((await queue.execute(fleet.select('off'))).get(drone('off')))).toEqual([
        'drained',
      ]);
    });

    describe('behaviour 37: limits', () => {
      it('behaviour 37: a connection that takes too long is unreachable, and says so', async () => {
        const silent = await startSilentServer();
        onTestFinished(() => silent.stop());
        const identityFile = join(dir.path, 'key');
        await makeSshKey(identityFile, 'ed25519');
        const entry = { transport: 'ssh', address: '127.0.0.1', port: silent.port, identityFile };
        fleet = await loadFleet(
          await dir.write('silent.json', JSON.stringify({ version: 1, drones: { mute: entry } })),
        );
        const limits = [
          { connectTimeoutMs: 400, deadlineMs: 20_000, says: /within 400ms/ },
          { connectTimeoutMs: 20_000, deadlineMs: 800, says: /deadline of 800ms/ },
        ];
        for (const [index, { says, ...options }] of limits.entries()) {
          const queue = await queueFor({
            name: `limit${String(index)}`,
            policy: 'max=1',
            ...options,
          });
          drone('mute').queueCall('ping');
          await queue.execute([drone('mute')]);
          expect(queue.lastRecord?.drones['mute']).toMatchObject({
            outcome: 'unreachable',
            error: { message: expect.stringMatching(says) as string },
          });
          expect(queue.lastRecord?.durationMs).toBeLessThan(10_000);
          drone('mute').clearCallQueue();
        }
        expect(silent.accepted).toBe(2);
      });

      it('behaviour 37: a call past its own time is ended, and the batch with it', async () => {
        const queue = await queueFor();
        drone('box1').queueCall('exec', { argv: ['sleep', '600'] }, { timeoutMs: 300 });
        drone('box1').queueCall('ping');
        const error = await queue.execute([drone('box1')]).catch((caught: unknown) => caught);
        if (!(error instanceof TickFailedError)) throw error;
        expect(error.record.drones['box1']).toMatchObject({
          outcome: 'call_failed',
          error: { call: 0, ended: 'confirmed' },
          calls: [{ status: 'timed_out' }, { status: 'skipped' }],
        });
      });
    });

    it('behaviour 38: whatever a call starts carries a mark by which it is found', async () => {
      const queue = await queueFor();
      const script = 'env | grep "^MUSTER_"; setsid sleep 600 >/dev/null 2>&1 & echo "pid $!"';
      drone('box1').queueCall('exec', { shell: script });
      const results = await queue.execute([drone('box1')]);
      const [said = ''] = (outputs(results.get(drone('box1'))) ?? []) as string[];
      const mark = /^MUSTER_MARK=(.+)$/m.exec(said)?.[1] ?? '';
      expect(said).toContain(`MUSTER_TICK=${queue.lastTick ?? ''}\n`);
      expect(said).toContain('MUSTER_DRONE=box1\n');
      // It was left behind on purpose, in a session of its own, and is found all the same.
      // It is not seen for a moment on its way through an exec.
      const left = () => processesWith(`MUSTER_MARK=${mark}`);
      await expect
        .poll(async () => (await left()).map(({ command }) => command))
        .toEqual(['sleep 600']);
      await killProcessesWith(`MUSTER_MARK=${mark}`);
    });

    it('behaviour 39: no work outlives its tick, not what a call has started either', async () => {
      const queue = await queueFor({ deadlineMs: 2_500 });
      const file = join(dir.path, 'mark');
      const script = `echo "$MUSTER_MARK" >'${file}'; sleep 600 & sleep 600`;
      drone('box1').queueCall('exec', { shell: script });
      await expect(queue.execute([drone('box1')])).rejects.toThrow(TickFailedError);
      const mark = (await readFile(file, 'utf8')).trim();
      expect(await processesWith(`MUSTER_MARK=${mark}`)).toEqual([]);
      expect(queue.lastRecord?.drones['box1']?.error?.ended).toBe('confirmed');
    });

    it('behaviour 40: durations are exported for each lane and outcome, and the net time of the tick', async () => {
      const metrics = collectMetrics();
      onTestFinished(() => metrics.stop());
      const queue = await queueFor({ name: 'lane40', policy: 'any' });
      expect(queue.lastNetMs).toBeNull();
      drone('box1').queueCall(...say('x'));
      drone('box2').queueCall(...say('y'));
      drone('box3').queueCall('exec', { argv: ['false'] });
      await queue.execute(fleet.select('box[1-3]'), { wait: false });
      expect(queue.lastNetMs).toBeNull();
      await queue.getResults();

      const record = queue.lastRecord;
      const netMs = queue.lastNetMs ?? 0;
      // The tick itself is within it; its clock counts whole milliseconds.
      expect(netMs).toBeGreaterThan((record?.durationMs ?? Infinity) - 2);
      expect(await metrics.series('muster.tick.net_time')).toEqual([
        { attributes: { 'muster.lane': 'lane40' }, unit: 's', count: 1, sum: netMs / 1_000 },
      ]);
      expect(await metrics.series('muster.tick.duration')).toEqual([
        {
          attributes: { 'muster.lane': 'lane40', 'muster.tick.status': 'ok' },
          unit: 's',
          count: 1,
          sum: (record?.durationMs ?? 0) / 1_000,
        },
      ]);
      const drones = await metrics.series('muster.drone.duration');
      expect(drones.map(({ attributes, count }) => ({ ...attributes, count }))).toEqual(
        expect.arrayContaining([
          { 'muster.lane': 'lane40', 'muster.drone.outcome': 'ok', count: 2 },
          { 'muster.lane': 'lane40', 'muster.drone.outcome': 'call_failed', count: 1 },
        ]),
      );
      expect(drones).toHaveLength(2);
      const { connectMs = 0, runMs = 0 } = record?.drones['box3']?.timings ?? {};
      expect(drones.find(({ count }) => count === 1)?.sum).toBeCloseTo(
        (connectMs + runMs) / 1_000,
        6,
      );
    });

    it('behaviour 40: a tick that fails has a net time as well; drones are named when asked for', async () => {
      const metrics = collectMetrics();
      onTestFinished(() => metrics.stop());
      const queue = await queueFor({ name: 'lane40', droneMetrics: true });
      drone('box1').queueCall('exec', { argv: ['false'] });
      await expect(queue.execute([drone('box1')])).rejects.toThrow(TickFailedError);
      expect(queue.lastNetMs).toBeGreaterThan(0);
      expect(await metrics.series('muster.tick.net_time')).toMatchObject([{ count: 1 }]);
      expect(await metrics.series('muster.drone.duration')).toMatchObject([
        {
          attributes: {
            'muster.lane': 'lane40',
            'muster.drone.outcome': 'call_failed',
            'muster.drone.name': 'box1',
            'muster.batch.name': 'lane40.box1',
          },
        },
      ]);
    });

    it('behaviour 41: at the deadline the late drones are named, all other results are there', async () => {
      const queue = await queueFor({ deadlineMs: 1_500 });
      drone('box1').queueCall('exec', { argv: ['sleep', '600'] });
      drone('box2').queueCall(...say('in time'));
      const error = await queue
        .execute(fleet.select('box[1-2]'))
        .catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      expect(error.record.drones['box1']).toMatchObject({
        outcome: 'timed_out',
        error: { ended: 'confirmed' },
      });
      expect(outputs(error.results.get(drone('box2')))).toEqual(['in time']);
      expect(error.record.durationMs).toBeLessThan(1_500 + 2_000);
    });

    it('behaviour 49: the same drone twice is refused before anything runs', async () => {
      const queue = await queueFor();
      const file = join(dir.path, 'ran');
      drone('box1').queueCall('write', { path: file, content: '' });
      await expect(queue.execute([drone('box1'), drone('box1')])).rejects.toThrow(
        DuplicateDroneError,
      );
      await expect(readFile(file)).rejects.toThrow(/ENOENT/);
    });

    it.each([
      [{ deadlineMs: -1 }, /deadlineMs: expected milliseconds from 1 to \d+, got -1/],
      [{ deadlineMs: NaN }, /deadlineMs: .*got NaN/],
      [{ connectTimeoutMs: 0 }, /connectTimeoutMs: .*got 0/],
      [{ name: 'a lane' }, /lane 'a lane': expected a name/],
    ])('the setting %o is refused', async (options, message) => {
      const refusal = queueFor(options);
      await expect(refusal).rejects.toThrow(InvalidInputError);
      await expect(refusal).rejects.toThrow(message);
    });

    it('what is no drone of a fleet is refused, by its place', async () => {
      const queue = await queueFor();
      const strangers: unknown[] = [drone('box1'), { hostname: 'box2' }];
      await expect(queue.execute(strangers as Drone[])).rejects.toThrow(
        'drones[1]: expected a drone of the fleet',
      );
      expect(await queue.execute([])).toEqual(new Map());
    });

    it('a closed queue says so, and may be closed again', async () => {
      const queue = await queueFor();
      await queue.close();
      await queue.close();
      drone('box1').queueCall('ping');
      const refusal = queue.execute([drone('box1')]);
      await expect(refusal).rejects.toThrow(InvalidInputError);
      await expect(refusal).rejects.toThrow('is closed');
    });

    it('resume has nothing to adopt on a lane without a tick', async () => {
      const queue = await queueFor();
      expect(await queue.resume()).toBeNull();
    });

    it('a call that does not fit is refused before anything runs, and the queue is free', async () => {
      const queue = await queueFor();
      drone('box1').queueCall('exec', { argv: 'not a list' });
      await expect(queue.execute([drone('box1')])).rejects.toThrow(InvalidInputError);
      drone('box1').clearCallQueue();
      expect(await queue.execute([drone('box1')])).toEqual(new Map());
    });

    it('cancel ends what runs, and the record says cancelled', async () => {
      const queue = await queueFor();
      const file = join(dir.path, 'pid');
      drone('box1').queueCall('exec', { shell: `echo $$ >'${file}'; exec sleep 600` });
      await queue.execute([drone('box1')], { wait: false });
      await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toMatch(/^\d+\n$/);
      await queue.cancel('wrong image');
      const error = await queue.getResults().catch((caught: unknown) => caught);
      if (!(error instanceof TickFailedError)) throw error;
      expect(error.record.status).toBe('cancelled');
      expect(error.message).toContain('wrong image');
      const pid = Number(await readFile(file, 'utf8'));
      expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    });

    it('a policy that tolerates a bad drone gives the good results', async () => {
      const queue = await queueFor({ policy: 'max=1' });
      drone('box1').queueCall('exec', { argv: ['false'] });
      drone('box2').queueCall(...say('fine'));
      const results = await queue.execute(fleet.select('box[1-2]'));
      expect([...results.keys()].map(String)).toEqual(['box2']);
    });
  });
}
