/** What every task queue checks of its settings, and of what it is asked to run. */
import { InvalidInputError, isName } from '@muster/protocol';
import { Drone } from '../drone.js';

/** Milliseconds: what a timer of the platform can wait for. */
const LONGEST_MS = 2_147_483_647;

interface CheckedSettings {
  readonly name: string;
  readonly deadlineMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
}

/** @throws InvalidInputError that names the setting. */
export function checkSettings(settings: CheckedSettings): void {
  if (!isName(settings.name)) {
    throw new InvalidInputError(
      `lane '${settings.name}': expected a name of letters, digits, dots and dashes`,
    );
  }
  for (const key of ['deadlineMs', 'connectTimeoutMs'] as const) {
    const value = settings[key];
    if (value !== undefined && !(value > 0 && value <= LONGEST_MS))
      throw new InvalidInputError(
        `${key}: expected milliseconds from 1 to ${String(LONGEST_MS)}, got ${String(value)}`,
      );
  }
  const { attempts } = settings;
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts > 0))
    throw new InvalidInputError(
      `attempts: expected a whole number from 1, got ${String(attempts)}`,
    );
}

/** @throws InvalidInputError for what comes from plain JavaScript and is no list of drones. */
export function checkDrones(drones: readonly unknown[]): void {
  if (!Array.isArray(drones)) throw new InvalidInputError('drones: expected a list');
  for (const [index, drone] of drones.entries()) {
    if (!(drone instanceof Drone))
      throw new InvalidInputError(
        `drones[${String(index)}]: expected a drone of the fleet, as fleet.select or fleet.get gives it`,
      );
  }
}
