/**
 * What every task queue must do, with Redis and without: the behaviours of the seed that a
 * scheduler relies on, named by their numbers. Runs on real processes.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processesWith, scratchDir, type ScratchDir } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Drone,
  DuplicateDroneError,
  InvalidInputError,
  loadFleet,
  PendingCallsError,
  TickFailedError,
  TickInFlightError,
  UncollectedResultsError,
  type DroneFleet,
  type TaskQueue,
} from '../src/index.js';

interface QueueOptions {
  readonly name?: string;
  readonly deadlineMs?: number;
  readonly policy?: string;
}

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
  describe(`${kind}: the behaviours of a task queue`, () => {
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
      for (const { pid } of await processesWith(dir.path)) process.kill(pid, 'SIGKILL');
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
      }
      const results = await queue.execute([drone('box1')]);
      expect(outputs(results.get(drone('box1')))).toEqual(['one', 'two', 'three']);
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

    it('behaviour 27: a disabled drone that is named still gets its calls; * leaves it out', async () => {
      const queue = await queueFor();
      expect(fleet.select('*').map(String)).not.toContain('off');
      const [off] = fleet.select('off');
      off?.queueCall(...say('drained'));
      expect(outputs((await queue.execute(fleet.select('off'))).get(drone('off')))).toEqual([
        'drained',
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
