/** Which fleet file: `--fleet`, else MUSTER_FLEET, else `fleet.yaml` where the command runs. */
import { existsSync } from 'node:fs';
import { InvalidInputError } from '@muster/protocol';
import { loadFleet, type DroneFleet } from '@muster/producer';

const HERE = 'fleet.yaml';

/** The path, or undefined when none is given and none lies here. */
export function fleetPath(
  option: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (option !== undefined) return option;
  const own = env['MUSTER_FLEET'];
  if (own !== undefined && own !== '') return own;
  return existsSync(HERE) ? HERE : undefined;
}

/** @throws InvalidInputError when there is none, or it cannot be read. */
export async function chooseFleet(option: string | undefined): Promise<DroneFleet> {
  const path = fleetPath(option);
  if (path === undefined) {
    throw new InvalidInputError(
      `no fleet file: give --fleet FILE, set MUSTER_FLEET, or put a ${HERE} here`,
    );
  }
  return loadFleet(path);
}
