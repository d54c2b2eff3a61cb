/** Colour on a terminal only, and never with NO_COLOR. */
import picocolors from 'picocolors';

export type Colours = ReturnType<typeof picocolors.createColors>;

export function coloursFor(
  stream: { isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): Colours {
  const forbidden = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return picocolors.createColors(stream.isTTY === true && !forbidden && env['TERM'] !== 'dumb');
}
