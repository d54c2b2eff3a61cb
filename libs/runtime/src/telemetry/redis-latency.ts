import { METRICS } from './metric-catalogue.js';
import { recordDuration } from './metrics.js';

/** Notes how long Redis takes for what is asked of it all the time anyway: no command is sent for it. */
export async function timeRedis<T>(
  operation: 'heartbeat' | 'sweep',
  ask: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const answer = await ask();
  const about = { 'db.system.name': 'redis', 'db.operation.name': operation };
  recordDuration(METRICS.redisDuration, performance.now() - began, about);
  return answer;
}
