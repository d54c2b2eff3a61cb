/** OpenTelemetry for a command, where its variables ask for it. */
import { LATE, within, type Logger } from '@muster/runtime';
import { musterVersion } from '../version.js';
import { chooseTelemetry } from './choose-telemetry.js';

export interface Telemetry {
  /** Hands over what is still here, in a second at most. May be called again. */
  stop(): Promise<void>;
}

/** Milliseconds for the last of it: a collector that is away must not keep a command from ending. */
const FLUSH_MS = 1_000;

/** Never fails: what is not to be had is said in a warning that names the variable. */
export async function startTelemetry(
  command: 'tick' | 'worker' | 'combiner' | 'up',
  log: Logger,
): Promise<Telemetry> {
  const choice = chooseTelemetry(process.env);
  if (choice === null) return { stop: () => Promise.resolve() };
  for (const { variable, message } of choice.complaints) log.warn({ variable }, message);
  // Whoever does not ask for it need not load it.
  const { registerSdk } = await import('./sdk.js');
  const service = { name: `muster-${command}`, version: musterVersion() };
  const sdk = await registerSdk(choice, service, log);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    if ((await within(FLUSH_MS, sdk.stop())) === LATE)
      log.warn('the last of the telemetry is lost: the collector did not take it in time');
  };
  return { stop: () => (stopped ??= stop()) };
}
