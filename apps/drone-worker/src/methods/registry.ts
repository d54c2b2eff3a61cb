/** The methods that a worker knows: the built-in ones and those of the user's modules. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EFFECTS, InvalidInputError, METHOD_NAME, type Effect } from '@muster/protocol';
import type { Method } from './define-methods.js';
import { copy } from './copy.js';
import { exec } from './exec.js';
import { get } from './get.js';
import { kill } from './kill.js';
import { ping } from './ping.js';
import { put } from './put.js';
import { read } from './read.js';
import { refresh } from './refresh.js';
import { spawn } from './spawn.js';
import { write } from './write.js';

export type MethodRegistry = ReadonlyMap<string, Method>;

const BUILT_IN: readonly (readonly [string, Method])[] = [
  ['copy', copy],
  ['exec', exec],
  ['get', get],
  ['kill', kill],
  ['ping', ping],
  ['put', put],
  ['read', read],
  ['refresh', refresh],
  ['spawn', spawn],
  ['write', write],
];

/**
 * Loads the user's modules beside the built-in methods.
 * @throws InvalidInputError that names the module and what is wrong with it.
 */
export async function loadMethods(modules: readonly string[] = []): Promise<MethodRegistry> {
  const registry = new Map<string, Method>(BUILT_IN);
  for (const path of modules) {
    for (const [name, method] of Object.entries(await importMethods(path))) {
      if (registry.has(name))
        throw new InvalidInputError(`${path}: method '${name}' exists already`);
      registry.set(name, method);
    }
  }
  return registry;
}

/** The user's own methods of a registry, as workers announce them and producers admit them. */
export function ownMethods(registry: MethodRegistry): Record<string, { effect: Effect }> {
  const builtIn = new Set(BUILT_IN.map(([name]) => name));
  const own = [...registry].filter(([name]) => !builtIn.has(name));
  return Object.fromEntries(
    own.map(([name, { effect }]) => [
      name,
      { effect: typeof effect === 'function' ? effect({}) : effect },
    ]),
  );
}

async function importMethods(path: string): Promise<Record<string, Method>> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new InvalidInputError(
      `--methods ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const table =
    typeof module === 'object' && module !== null && 'default' in module
      ? module.default
      : undefined;
  if (typeof table !== 'object' || table === null) {
    throw new InvalidInputError(
      `--methods ${path}: its default export is not what defineMethods({…}) gives`,
    );
  }
  for (const [name, method] of Object.entries(table)) checkMethod(path, name, method);
  return table as Record<string, Method>;
}

function checkMethod(path: string, name: string, method: unknown): void {
  const complain = (expected: string) => {
    throw new InvalidInputError(`--methods ${path}: method '${name}': expected ${expected}`);
  };
  if (!METHOD_NAME.test(name)) complain('a name of letters, digits, dots and dashes');
  if (typeof method !== 'object' || method === null)
    return complain('an object with args, effect and run');
  const { args, effect, run } = method as Record<string, unknown>;
  if (typeof args !== 'object' || args === null || !('safeParse' in args))
    complain("'args' to be a zod schema");
  if (!EFFECTS.includes(effect as Effect)) complain(`'effect' to be one of ${EFFECTS.join(', ')}`);
  if (typeof run !== 'function') complain("'run' to be a function");
}
