/**
 * The attributes of spans and metrics. Messaging, process and server attributes are OpenTelemetry's;
 * what those have no name for begins with `muster.`. None is of an argument, an environment or a
 * standard input: those can hold secrets. docs/telemetry.md lists them, a test keeps it equal.
 */
export const ATTRIBUTES = [
  'muster.lane',
  'muster.tick.id',
  'muster.tick.size',
  'muster.tick.policy',
  'muster.tick.status',
  'muster.tick.ending',
  'muster.drone.name',
  'muster.drone.outcome',
  'muster.site',
  'muster.transport',
  'muster.batch.name',
  'muster.batch.attempt',
  'muster.batch.retried',
  'muster.method',
  'muster.call.index',
  'muster.call.status',
  'muster.worker.kind',
  'muster.ssh.state',
  'messaging.system',
  'messaging.operation.name',
  'messaging.operation.type',
  'messaging.destination.name',
  'messaging.destination.template',
  'messaging.message.id',
  'messaging.client.id',
  'messaging.batch.message_count',
  'server.address',
  'server.port',
  'process.executable.name',
  'process.exit.code',
  'db.system.name',
  'db.operation.name',
  'error.type',
] as const;

export type AttributeName = (typeof ATTRIBUTES)[number];

/** Those of one span or metric that are known; undefined is left out. */
export type AttributesOf<Names extends readonly AttributeName[]> = Readonly<
  Partial<Record<Names[number], string | number | boolean | undefined>>
>;
