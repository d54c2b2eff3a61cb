/**
 * The version of everything that travels between producer, worker and combiner.
 * Readers refuse any other version with a message that names both (behaviour 48).
 */
export const WIRE_VERSION = 1;

/** Raised by the readers of wire forms; its message says what did not fit. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** @throws WireError for what is no JSON; `what` says what it should be. */
export function parseWireJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new WireError(`not ${what}: it is no JSON`, { cause: error });
  }
}

/** @throws WireError when `value` was not written by this version. */
export function checkWireVersion(value: unknown, what: string): void {
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (version !== WIRE_VERSION) {
    const said = version === undefined ? 'no version' : `version ${JSON.stringify(version)}`;
    throw new WireError(
      `version skew: the ${what} has ${said}, this Muster speaks version ${String(WIRE_VERSION)}`,
    );
  }
}
