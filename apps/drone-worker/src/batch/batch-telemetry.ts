/** What OpenTelemetry is told of one attempt at a batch: its span, those of its connection and its calls, and metrics. */
import { basename } from 'node:path/posix';
import {
  batchJobId,
  droneQueue,
  type Call,
  type CallReport,
  type DroneError,
  type Outcome,
} from '@muster/protocol';
import type { DroneEntry } from '@muster/fleet';
import {
  count,
  METRICS,
  metricsAreOn,
  recordDuration,
  startSpan,
  type MusterSpan,
  type TraceIds,
  type TracePlace,
} from '@muster/runtime';
import type { Connected, Transport } from '../transport/transport.js';

export interface BatchToTell {
  readonly tick: string;
  readonly lane: string;
  readonly drone: string;
}

export interface AttemptToTell {
  readonly site: string | undefined;
  /** 1 for the first. */
  readonly attempt: number;
  /** Where its tick stands in its trace. */
  readonly place: TracePlace | undefined;
  /** Milliseconds since 1970, when it was handed over. */
  readonly deliveredAt: number;
  /** `host:pid`. */
  readonly worker: string;
  /** Undefined for one that was in no queue. */
  readonly queued?: { readonly queue: string; readonly forMs: number };
}

interface CallToTell {
  readonly index: number;
  readonly call: Pick<Call, 'method' | 'args'>;
}

/** What became of a call, as far as it is told. */
type Fate =
  | { readonly result: unknown }
  | {
      readonly outcome: Outcome;
      readonly status: CallReport['status'];
      readonly message: string;
    };

export class BatchTelemetry {
  private constructor(
    private readonly batch: BatchToTell,
    private readonly site: string | undefined,
    private readonly span: MusterSpan<'batch'>,
  ) {}

  /** Apart, and not put together: to copy them costs more than all else that is done where nobody listens. */
  static begin(batch: BatchToTell, attempt: AttemptToTell): BatchTelemetry {
    const { lane } = batch;
    const { site, queued, place, deliveredAt } = attempt;
    if (queued !== undefined && metricsAreOn())
      recordDuration(METRICS.queueWait, queued.forMs, { 'muster.lane': lane, ...inSite(site) });
    const span = startSpan('batch', {
      under: place,
      of: queueInName(batch, queued),
      startedAt: deliveredAt,
      attributes: () => aboutBatch(batch, attempt),
    });
    return new BatchTelemetry(batch, site, span);
  }

  /** Where in the trace lines of the log belong. */
  get ids(): TraceIds | undefined {
    return this.span.ids;
  }

  async connect(
    { site, transport }: DroneEntry,
    { server }: Transport,
    connect: () => Promise<Connected>,
  ): Promise<Connected> {
    const span = startSpan('connect', {
      under: this.span.place,
      of: transport,
      attributes: () => ({
        'muster.drone.name': this.batch.drone,
        'muster.transport': transport,
        'server.address': server?.address,
        'server.port': server?.port,
      }),
    });
    const began = performance.now();
    try {
      const connected = await span.run(connect);
      if (!connected.ok) span.fail(connected.failure.kind, connected.failure.message);
      if (metricsAreOn()) {
        recordDuration(METRICS.connectDuration, performance.now() - began, {
          'muster.site': site,
          'muster.transport': transport,
          ...(!connected.ok && { 'error.type': connected.failure.kind }),
        });
      }
      return connected;
    } finally {
      span.end();
    }
  }

  /** `run` is to say how the call's processes exit. */
  async call<F extends Fate>(
    { index, call }: CallToTell,
    run: (onExit: ((exitCode: number | null) => void) | undefined) => Promise<F>,
  ): Promise<F> {
    const span = startSpan('call', {
      under: this.span.place,
      of: call.method,
      attributes: () => ({
        'muster.drone.name': this.batch.drone,
        'muster.method': call.method,
        'muster.call.index': index,
        'process.executable.name': executableOf(call),
      }),
    });
    const onExit = (exitCode: number | null) => {
      span.set({ 'process.exit.code': exitCode ?? undefined });
    };
    const began = performance.now();
    try {
      const fate = await span.run(() => run(span.isOn ? onExit : undefined));
      const status = 'status' in fate ? fate.status : 'ok';
      span.set({ 'muster.call.status': status });
      if ('outcome' in fate) span.fail(fate.outcome, fate.message);
      if (metricsAreOn()) {
        recordDuration(METRICS.callDuration, performance.now() - began, {
          'muster.method': call.method,
          'muster.call.status': status,
        });
      }
      return fate;
    } finally {
      span.end();
    }
  }

  /** `again`: it will be tried once more. */
  end(outcome: Outcome, error: DroneError | null, again = false): void {
    const { site } = this;
    const { lane } = this.batch;
    if (again && metricsAreOn()) {
      const about = { 'muster.lane': lane, 'muster.drone.outcome': outcome, ...inSite(site) };
      count(METRICS.retries, about);
    }
    this.span.set({ 'muster.drone.outcome': outcome, 'muster.batch.retried': again });
    if (outcome !== 'ok') this.span.fail(outcome, error?.message);
    this.span.end();
  }

  /** It came to no end of its own. Nothing is said of one that has. */
  broke(error: unknown): void {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    this.span.fail(name, message);
    this.span.end();
  }
}

function inSite(site: string | undefined): { 'muster.site'?: string } {
  return site === undefined ? {} : { 'muster.site': site };
}

const OF_A_DRONE = droneQueue('{drone}');

/** There are as many queues of on-drone workers as drones: a name of a span is of few. */
function queueInName({ drone }: BatchToTell, queued: AttemptToTell['queued']): string {
  if (queued === undefined) return '';
  return queued.queue === droneQueue(drone) ? OF_A_DRONE : queued.queue;
}

function aboutBatch(batch: BatchToTell, { site, attempt, worker, queued }: AttemptToTell) {
  const { tick, lane, drone } = batch;
  const template = queueInName(batch, queued);
  return {
    ...(queued !== undefined && {
      'messaging.system': 'bullmq',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queued.queue,
      ...(template === OF_A_DRONE && { 'messaging.destination.template': template }),
      'messaging.message.id': batchJobId(drone, tick),
      'messaging.client.id': worker,
    }),
    'muster.lane': lane,
    'muster.tick.id': tick,
    'muster.drone.name': drone,
    'muster.site': site,
    'muster.batch.attempt': attempt,
  };
}

/** The program alone: what is handed to it may be a secret. */
function executableOf({ args }: Pick<Call, 'args'>): string | undefined {
  const { argv, shell } = args;
  if (Array.isArray(argv) && typeof argv[0] === 'string') return basename(argv[0]);
  return typeof shell === 'string' ? 'sh' : undefined;
}
