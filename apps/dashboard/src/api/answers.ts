/** Answers of the API, within a bound also where Redis is away. */
import { LATE, within } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import type { FastifyReply } from 'fastify';
import { refuse } from '../access/guard.js';

/** Milliseconds until whoever asks is told that Redis does not answer. */
export const PATIENCE_MS = 10_000;

export const AWAY = 'Redis is away; try again in a moment';
export const SILENT = 'Redis does not answer; try again in a moment';

/** Sends what `read` gives; undefined is what is not there, and `missing` says what that was. */
export async function answer(
  reply: FastifyReply,
  { redis }: TickStore,
  missing: string,
  read: () => Promise<unknown>,
): Promise<FastifyReply> {
  if (redis.status !== 'ready') return refuse(reply, 503, AWAY);
  const found = await within(PATIENCE_MS, read());
  if (found === LATE) return refuse(reply, 503, SILENT);
  if (found === undefined) return refuse(reply, 404, missing);
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(found));
}
