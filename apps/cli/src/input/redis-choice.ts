/** Which Redis: `--redis`, else MUSTER_REDIS_URL, else a running `muster up`; a tick may start one of its own. */
import { InfrastructureError } from '@muster/protocol';
import { parseRedisUrl } from '@muster/runtime';
import { readUpNote } from './up-file.js';

/** The URL, or undefined when there is none. @throws InvalidInputError for a bad URL. */
export function chooseRedis(
  option: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const own = env['MUSTER_REDIS_URL'];
  const given = option ?? (own === undefined || own === '' ? undefined : own);
  if (given !== undefined) {
    parseRedisUrl(given);
    return given;
  }
  return readUpNote()?.redis;
}

/** @throws InfrastructureError when there is none. */
export function requireRedis(option: string | undefined): string {
  const url = chooseRedis(option);
  if (url !== undefined) return url;
  throw new InfrastructureError(
    'no Redis: give --redis URL, set MUSTER_REDIS_URL, or start muster up',
  );
}
