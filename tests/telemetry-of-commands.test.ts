/** What the commands export where the standard `OTEL_*` variables ask for it, and that they do not where none does. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  freePort,
  muster,
  scratchDir,
  startMuster,
  startSilentServer,
  startTestRedis,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { readRecord } from './record-schema.js';

let redis: TestRedis;
let scratch: ScratchDir;
let fleet: string;

beforeAll(async () => {
  [redis, scratch] = await Promise.all([startTestRedis(), scratchDir()]);
  const drones = { version: 1, defaults: { transport: 'local' }, drones: { box1: {}, box2: {} } };
  fleet = await scratch.write('fleet.yaml', JSON.stringify(drones));
});

afterAll(async () => {
  await redis.stop();
  await scratch.remove();
});

/** Keeps what it is sent by OTLP over HTTP. */
async function startCollector() {
  const received: { path: string; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: Buffer.concat(chunks) });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    /** Names of the services that sent a body with all of these in it. */
    sendersOf: (path: string, ...parts: readonly (Buffer | string)[]) => {
      const bodies = received.filter((sent) => sent.path === path).map(({ body }) => body);
      const fit = bodies.filter((body) => parts.every((part) => body.includes(part)));
      const names = fit.flatMap((body) => body.toString('latin1').match(/muster-[a-z]+/g) ?? []);
      return [...new Set(names)].sort();
    },
  };
}

/** The lines of a log. */
function linesOf(stderr: string): Record<string, unknown>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('a tick of several processes is one trace at the collector; metrics are sent, and served', async () => {
  const collector = await startCollector();
  const port = await freePort();
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const worker = startMuster(['worker', '--redis', redis.url, '--fleet', fleet], {
    env: {
      ...otlp,
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      MUSTER_LOG_LEVEL: 'debug',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=proving-ground',
    },
  });
  await worker.logged('ready');
  const tick = await muster(
    ['tick', '--redis', redis.url, '--fleet', fleet, '--json', '--', 'true'],
    { env: otlp },
  );
  expect(tick).toMatchObject({ code: 0, stderr: '' });
  const scraped = await (await fetch(`http://localhost:${String(port)}/metrics`)).text();
  expect(scraped).toMatch(/^muster_call_duration_count\{.*muster_method="exec".*\} 2$/m);
  worker.kill('SIGTERM');
  const { code, stderr } = await worker.ended;
  expect(code).toBe(0);

  const done = linesOf(stderr).filter(({ msg }) => msg === 'batch done');
  const traces = new Set(done.map(({ trace_id: id }) => String(id)));
  expect([done.length, traces.size]).toEqual([2, 1]);
  const [traceId = ''] = traces;
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  const trace = Buffer.from(traceId, 'hex');
  expect(collector.sendersOf('/v1/traces', trace)).toEqual(['muster-tick', 'muster-worker']);
  expect(collector.sendersOf('/v1/traces', trace, 'combine default')).toEqual(['muster-tick']);
  expect(collector.sendersOf('/v1/traces', trace, 'call exec', 'proving-ground')).toEqual([
    'muster-worker',
  ]);
  expect(collector.sendersOf('/v1/metrics', 'muster.tick.duration')).toEqual(['muster-tick']);
  expect(collector.sendersOf('/v1/metrics', 'muster.batch.queue_wait')).toEqual(['muster-worker']);
});

it('what cannot be done is a warning that names the variable, and a deaf collector holds up nothing', async () => {
  const collector = await startSilentServer();
  onTestFinished(() => collector.stop());
  const { code, stdout, stderr } = await muster(
    ['tick', '--fleet', fleet, '--json', '--', 'true'],
    {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String(collector.port)}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_TRACES_EXPORTER: 'otlp,zipkin',
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(collector.port),
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_RESOURCE_ATTRIBUTES: 'nonsense',
      },
    },
  );
  const endedAt = Date.now();
  expect(code).toBe(0);
  const record = readRecord(stdout);
  expect(record.status).toBe('ok');
  // A second for what is left, and whatever a busy machine takes to end a Redis and a worker.
  expect(endedAt - Date.parse(record.finishedAt)).toBeLessThan(8_000);
  expect(linesOf(stderr).map(({ level, variable, msg }) => ({ level, variable, msg }))).toEqual([
    {
      level: 40,
      variable: 'OTEL_TRACES_EXPORTER',
      msg: expect.stringContaining("'zipkin'") as string,
    },
    {
      level: 40,
      variable: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      msg: expect.stringContaining("'grpc'") as string,
    },
    {
      level: 40,
      variable: 'OTEL_RESOURCE_ATTRIBUTES',
      msg: expect.stringContaining('key=value') as string,
    },
    {
      level: 40,
      variable: 'OTEL_EXPORTER_PROMETHEUS_PORT',
      msg: expect.stringContaining('no metrics') as string,
    },
    { level: 40, msg: 'the last of the telemetry is lost: the collector did not take it in time' },
  ]);
});

it('what is no collector is named with what is wrong with it', async () => {
  const server = createServer((request, response) => {
    request.resume();
    // As whatever else listens there may answer.
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await muster(['tick', '--fleet', fleet, '--', 'true'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String(port)}` },
  });
  expect(code).toBe(0);
  const said = linesOf(stderr).map(({ msg, why }) => `${String(msg)}: ${String(why)}`);
  expect(said).toContainEqual(expect.stringMatching(/^trouble with telemetry: \w+: .*response/));
});

it('spans that the collector does not take when the command ends are a warning', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(500).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await muster(['tick', '--fleet', fleet, '--', 'true'], {
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${String(port)}/v1/traces` },
  });
  expect(code).toBe(0);
  expect(linesOf(stderr)).toMatchObject([
    {
      level: 40,
      why: 'the last of the telemetry is lost: Internal Server Error',
      msg: 'trouble with telemetry',
    },
  ]);
});

it('loads nothing of an SDK unless it is asked for, and not where it is disabled', async () => {
  const spy = await scratch.write(
    'spy.cjs',
    `process.on('exit', () => {
      const sdk = Object.keys(require.cache).filter((path) => path.includes('@opentelemetry/sdk'));
      process.stderr.write(sdk.length === 0 ? 'no SDK' : 'an SDK');
    });`,
  );
  const said = async (env: Record<string, string>) => {
    const options = {
      env: { ...env, MUSTER_LOG_LEVEL: 'silent', NODE_OPTIONS: `--require ${spy}` },
    };
    return (await muster(['tick', '--fleet', fleet, '--', 'true'], options)).stderr;
  };
  const asked = { OTEL_TRACES_EXPORTER: 'otlp' };
  expect(await said({})).toBe('no SDK');
  expect(await said({ ...asked, OTEL_SDK_DISABLED: 'true' })).toBe('no SDK');
  expect(await said(asked)).toBe('an SDK');
});
