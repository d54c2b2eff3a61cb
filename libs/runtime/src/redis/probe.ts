/** Is this Redis there, and fit for Muster? Answers within a bound, with the cause. */
import { InfrastructureError } from '@muster/protocol';
import { connect, type RedisClient } from './client.js';
import type { RedisTarget } from './url.js';

const PROBE_MS = 4_000;

/**
 * @throws InfrastructureError that names the Redis and the cause: not reachable, wrong password,
 *   loading its data, older than 6.2, or with a `maxmemory-policy` that may evict keys.
 */
export async function probeRedis(target: RedisTarget): Promise<void> {
  const client = connect(target, {
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: PROBE_MS,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  });
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause ??= error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(PROBE_MS / 1000)}s`));
    }, PROBE_MS);
  });
  try {
    await Promise.race([inspect(client), late]);
  } catch (error) {
    if (error instanceof UnfitRedis) throw unfit(target, error.message);
    const first = cause ?? (error instanceof Error ? error : new Error(String(error)));
    throw unfit(target, explain(first));
  } finally {
    clearTimeout(timer);
    client.disconnect();
  }
}

class UnfitRedis extends Error {}

async function inspect(client: RedisClient): Promise<void> {
  await client.connect();
  const info = parseInfo(await client.info());
  if (info.get('loading') === '1')
    throw new UnfitRedis('it is still loading its data; try again in a moment');
  const version = info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new UnfitRedis(`it has version ${version}; Muster needs 6.2 or newer`);
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    throw new UnfitRedis(
      `its maxmemory-policy is ${policy}, which may drop jobs; set it to noeviction (CONFIG SET maxmemory-policy noeviction)`,
    );
  }
}

function parseInfo(text: string): Map<string, string> {
  const pairs = text.split(/\r?\n/).filter((line) => line.includes(':') && !line.startsWith('#'));
  return new Map(
    pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

function unfit(target: RedisTarget, cause: string): InfrastructureError {
  return new InfrastructureError(`Redis at ${target.display}: ${cause}`);
}

/** The words of a system error that a person can act on; the server's own words for the rest. */
function explain(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused; is a Redis running there?';
    case 'ENOENT':
      return 'no such socket; is a Redis running there?';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such host';
    case 'ETIMEDOUT':
      return 'connect timed out';
  }
  if (error.message.startsWith('WRONGPASS'))
    return `wrong user name or password (${error.message})`;
  if (error.message.startsWith('NOAUTH')) return 'it asks for a password and none was given';
  if (error.message.startsWith('LOADING'))
    return 'it is still loading its data; try again in a moment';
  return error.message;
}
