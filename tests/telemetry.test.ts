/** What a user's OpenTelemetry SDK sees of ticks: one trace, over Redis and SSH, and metrics to be scraped. */
import { readFile } from 'node:fs/promises';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { Combiner, DroneTaskQueue, loadFleet, type DroneFleet } from '@muster/producer';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { METRICS, silentLogger, SPANS } from '@muster/runtime';
import {
  freePort,
  scratchDir,
  startSshdLab,
  startTestRedis,
  until,
  type ScratchDir,
  type SshdLab,
  type TestRedis,
} from '@muster/testing';
import {
  collectTelemetry,
  type CollectedTelemetry,
  type ReadableSpan,
} from '@muster/testing/telemetry';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';

const DASHBOARD = new URL('../examples/grafana/muster.json', import.meta.url);

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

let redis: TestRedis;
let lab: SshdLab;
let scratch: ScratchDir;
let fleet: DroneFleet;
let telemetry: CollectedTelemetry;
let services: { start(): Promise<void>; stop(): Promise<void> }[] = [];

beforeAll(async () => {
  [redis, lab, scratch] = await Promise.all([startTestRedis(), startSshdLab(), scratchDir()]);
  const { user, identityFile, knownHostsFile: knownHosts, targets } = lab;
  const [{ address, port } = { address: '', port: 0 }] = targets;
  const ssh = { transport: 'ssh', site: 'lab', user, identityFile, knownHosts, address };
  const drones = {
    near1: { ...ssh, port },
    shut1: { ...ssh, port: await freePort() },
    edge1: { transport: 'agent' },
  };
  const file = await scratch.write('fleet.yaml', JSON.stringify({ version: 1, drones }));
  fleet = await loadFleet(file);
});

afterAll(async () => {
  await lab.stop();
  await redis.stop();
  await scratch.remove();
});

beforeEach(async () => {
  telemetry = await collectTelemetry();
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  const combiner = new Combiner({ store, log: silentLogger });
  const methods = await loadMethods([]);
  const worker = (sites: string[], drones: string[]) =>
    new DroneWorker({
      ...{ store, methods, sites, drones, fleet: fleet.file, log: silentLogger },
      ...{ concurrency: 10, drainMs: 5_000, version: 'test' },
    });
  services = [combiner, worker(['lab'], []), worker([], ['edge1'])];
  await Promise.all(services.map((service) => service.start()));
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await telemetry.stop();
  await redis.clear();
});

function openQueue(name: string): Promise<DroneTaskQueue> {
  return DroneTaskQueue.open({
    ...{ name, fleet, redis: redis.url, hostCombiner: false },
    ...{ attempts: 2, policy: 'max=1', deadlineMs: 20_000 },
  });
}

/** A tick of a drone over SSH, one that is its own worker's, and one that nobody reaches. */
async function executeAll(queue: DroneTaskQueue): Promise<void> {
  const drones = fleet.select('near1,edge1,shut1');
  for (const drone of drones) {
    drone.queueCall('exec', {
      ...{ argv: ['/bin/sh', '-c', 'exit 3', 'HIDDEN'], env: { KEY: 'HIDDEN' }, stdin: 'HIDDEN' },
      check: false,
    });
    drone.queueCall('ping');
  }
  await queue.execute(drones);
}

/** Of the trace of `tick`, once the parent's job has ended too. */
async function spansOf(tick: string, count: number) {
  const all = () => telemetry.spans();
  const root = await until('the root', () =>
    all().find(
      ({ attributes, name }) => name.startsWith('execute') && attributes['muster.tick.id'] === tick,
    ),
  );
  const { traceId } = root.spanContext();
  const mine = () => all().filter((span) => span.spanContext().traceId === traceId);
  await until(`${String(count)} spans`, () => mine().length >= count);
  return { root, spans: mine() };
}

describe('a tick over Redis, a near worker with SSH, an on-drone worker and a combiner', () => {
  it('is one connected trace, with every span that there is', async () => {
    const queue = await openQueue('traced');
    onTestFinished(() => queue.close());
    await trace.getTracer('user').startActiveSpan('scheduler', async (mine) => {
      await executeAll(queue);
      mine.end();
    });
    const { root, spans } = await spansOf('traced-1', 18);
    expect(spans.map(({ name }) => name).sort()).toEqual(
      [
        ...['scheduler', 'execute traced', 'send ticks', 'process ticks', 'combine traced'],
        ...['collect traced', 'process site.lab', 'process site.lab', 'process site.lab'],
        ...['process drone.{drone}', 'connect ssh', 'connect ssh', 'connect ssh', 'connect agent'],
        ...['call exec', 'call exec', 'call ping', 'call ping'],
      ].sort(),
    );
    // What is not among them is the one of a tick that is adopted: see below.
    expect(missingOf(spans)).toEqual(['resume {lane}']);
    expect(orphansOf(spans)).toEqual(['scheduler']);
    expect(root.attributes).toMatchObject({ 'muster.tick.size': 3, 'muster.tick.status': 'ok' });

    const attempts = spans.filter(
      ({ attributes: of }) => of['messaging.message.id'] === 'shut1@traced-1',
    );
    const refused = {
      code: SpanStatusCode.ERROR,
      message: expect.stringContaining('connection refused') as string,
    };
    expect(attempts).toMatchObject([
      {
        kind: SpanKind.CONSUMER,
        attributes: {
          'muster.batch.attempt': 1,
          'muster.batch.retried': true,
          'error.type': 'unreachable',
        },
        status: refused,
      },
      {
        attributes: {
          'muster.batch.attempt': 2,
          'muster.batch.retried': false,
          'muster.drone.outcome': 'unreachable',
        },
        status: refused,
      },
    ]);
    const [target] = lab.targets;
    expect(
      spans.filter(({ name }) => name === 'connect ssh').map(({ attributes: of }) => of),
    ).toContainEqual({
      'muster.drone.name': 'near1',
      'muster.transport': 'ssh',
      'server.address': target?.address,
      'server.port': target?.port,
    });
    for (const exec of spans.filter(({ name }) => name === 'call exec')) {
      expect(exec.attributes).toMatchObject({
        'process.executable.name': 'sh',
        'process.exit.code': 3,
      });
    }
    // Whatever a call is given, or prints, stays out of it.
    const told = spans.map(({ name, attributes, status, events }) => [
      name,
      attributes,
      status,
      events,
    ]);
    expect(JSON.stringify(told)).not.toContain('HIDDEN');
  });

  it('goes on in the same trace where another producer adopts it', async () => {
    const first = await openQueue('adopted');
    const drones = fleet.select('near1');
    for (const drone of drones) drone.queueCall('ping');
    await first.execute(drones, { wait: false });
    await first.detach();
    await first.close();
    const second = await openQueue('adopted');
    onTestFinished(() => second.close());
    expect(await second.resume()).toBe('adopted-1');
    await second.getResults();
    const { root, spans } = await spansOf('adopted-1', 8);
    expect(root).toMatchObject({
      attributes: { 'muster.tick.status': 'running' },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(orphansOf(spans)).toEqual(['execute adopted']);
    expect(missingOf(spans)).toEqual([]);
    expect(spans.find(({ name }) => name === 'resume adopted')).toMatchObject({
      attributes: {
        'muster.tick.id': 'adopted-1',
        'muster.tick.size': 1,
        'muster.tick.status': 'ok',
      },
    });
  });

  it('has every metric scraped, with names that the dashboard shows', async () => {
    const queue = await openQueue('measured');
    onTestFinished(() => queue.close());
    await executeAll(queue);
    const scraped = await until('the workers to be heard of', async () => {
      const text = await telemetry.scrape();
      return text.includes('db_operation_name="heartbeat"') && text;
    });
    const names = [...scraped.matchAll(/^# TYPE (muster_\w+) /gm)].map(([, name = '']) => name);
    const expected = Object.values(METRICS).map(
      ({ name, type }) => `${name.replaceAll('.', '_')}${type === 'counter' ? '_total' : ''}`,
    );
    expect(names.sort()).toEqual(expected.sort());

    const series = (name: string) =>
      scraped
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => line.replace(/,?otel_scope_\w+="[^"]*"/g, ''));
    expect(series('muster_tick_drones_total')).toEqual([
      expect.stringContaining('{muster_lane="measured",muster_drone_outcome="ok"} 2'),
      expect.stringContaining('{muster_lane="measured",muster_drone_outcome="unreachable"} 1'),
    ]);
    expect(series('muster_workers')).toEqual([
      expect.stringContaining('{muster_worker_kind="near",muster_site="lab"} 1'),
      expect.stringContaining('{muster_worker_kind="on_drone"} 1'),
    ]);
    expect(series('muster_ssh_connections')).toContainEqual(
      expect.stringContaining('{muster_ssh_state="idle"} 1'),
    );
    expect(series('muster_batch_retries_total')).toEqual([expect.stringContaining('} 1')]);

    const dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8')) as Dashboard;
    const asked = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    // A collector adds the unit to a name, the command's own endpoint does not: the dashboard takes both.
    const shown = new Set(
      asked
        .join(' ')
        .replaceAll('(_seconds)?', '')
        .match(/\bmuster_\w+/g),
    );
    const given = scraped.matchAll(/(?:^|[{,])((?:muster|error|db)_\w+)(?=[{ =])/gm);
    const known = new Set([...given].map(([, name]) => name));
    expect([...shown].filter((name) => !known.has(name))).toEqual([]);
    expect(shown.size).toBeGreaterThan(10);
  });
});

/** Names of the spans whose parent is not among them. */
function orphansOf(spans: readonly ReadableSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  return spans
    .filter(({ parentSpanContext: parent }) => !ids.has(parent?.spanId ?? ''))
    .map(({ name }) => name);
}

/** The spans of docs/telemetry.md, which a test keeps equal to this, of which there is none. */
function missingOf(spans: readonly ReadableSpan[]): string[] {
  return Object.values(SPANS)
    .map(({ name }) => name)
    .filter((name) => {
      const [begin = '', end = ''] = name.split(/\{.*\}/);
      return !spans.some((span) => span.name.startsWith(begin) && span.name.endsWith(end));
    });
}
