/** Every span of Muster. docs/telemetry.md lists them, a test keeps it equal. */
import { SpanKind } from '@opentelemetry/api';
import type { AttributeName } from './attributes.js';

export interface SpanDefinition {
  /** What stands in braces is filled in. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: readonly AttributeName[];
}

export const SPANS = {
  execute: {
    name: 'execute {lane}',
    kind: SpanKind.INTERNAL,
    attributes: [
      'muster.lane',
      'muster.tick.id',
      'muster.tick.size',
      'muster.tick.policy',
      'muster.tick.status',
      'error.type',
    ],
  },
  resume: {
    name: 'resume {lane}',
    kind: SpanKind.INTERNAL,
    attributes: [
      'muster.lane',
      'muster.tick.id',
      'muster.tick.size',
      'muster.tick.policy',
      'muster.tick.status',
      'error.type',
    ],
  },
  send: {
    name: 'send ticks',
    kind: SpanKind.PRODUCER,
    attributes: [
      'messaging.system',
      'messaging.operation.name',
      'messaging.operation.type',
      'messaging.destination.name',
      'messaging.message.id',
      'messaging.batch.message_count',
      'muster.tick.id',
      'error.type',
    ],
  },
  batch: {
    name: 'process {queue}',
    kind: SpanKind.CONSUMER,
    attributes: [
      'messaging.system',
      'messaging.operation.name',
      'messaging.operation.type',
      'messaging.destination.name',
      'messaging.destination.template',
      'messaging.message.id',
      'messaging.client.id',
      'muster.lane',
      'muster.tick.id',
      'muster.drone.name',
      'muster.site',
      'muster.batch.attempt',
      'muster.batch.retried',
      'muster.drone.outcome',
      'error.type',
    ],
  },
  connect: {
    name: 'connect {transport}',
    kind: SpanKind.CLIENT,
    attributes: [
      'muster.drone.name',
      'muster.transport',
      'server.address',
      'server.port',
      'error.type',
    ],
  },
  call: {
    name: 'call {method}',
    kind: SpanKind.CLIENT,
    attributes: [
      'muster.drone.name',
      'muster.method',
      'muster.call.index',
      'muster.call.status',
      'process.executable.name',
      'process.exit.code',
      'error.type',
    ],
  },
  parent: {
    name: 'process ticks',
    kind: SpanKind.CONSUMER,
    attributes: [
      'messaging.system',
      'messaging.operation.name',
      'messaging.operation.type',
      'messaging.destination.name',
      'messaging.message.id',
      'muster.lane',
      'muster.tick.id',
      'muster.tick.status',
    ],
  },
  combine: {
    name: 'combine {lane}',
    kind: SpanKind.INTERNAL,
    attributes: [
      'muster.lane',
      'muster.tick.id',
      'muster.tick.size',
      'muster.tick.ending',
      'muster.tick.status',
    ],
  },
  collect: {
    name: 'collect {lane}',
    kind: SpanKind.INTERNAL,
    attributes: ['muster.lane', 'muster.tick.id', 'muster.tick.size', 'error.type'],
  },
} as const satisfies Record<string, SpanDefinition>;

export type SpanName = keyof typeof SPANS;
