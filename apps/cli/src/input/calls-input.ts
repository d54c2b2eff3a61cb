/** The calls of a tick, from the command line or a calls file. */
import { readFile } from 'node:fs/promises';
import { expandNodeSet, findJsonError, InvalidInputError, NodeSetError } from '@muster/protocol';
import { LineCounter, parseDocument } from 'yaml';
import { CALL_SEPARATOR } from './merge-call-arguments.js';

export interface CallSources {
  readonly argv: readonly string[];
  readonly call: readonly string[];
  readonly calls?: string | undefined;
}

/** A call as it was given, not checked yet, and where it stands. */
export interface GivenCall {
  readonly call: unknown;
  readonly place: string;
}

/** The calls of a drone; empty when it has none. */
export type CallsFor = (drone: string) => readonly GivenCall[];

/**
 * Reads the calls. Exactly one source must be given; undefined when none is.
 * @throws InvalidInputError that names the place, with line and column in a file.
 */
export async function readCalls({ argv, call, calls }: CallSources): Promise<CallsFor | undefined> {
  const given = [
    argv.length > 0 && '-- ARGV',
    call.length > 0 && '--call',
    calls !== undefined && '--calls',
  ].filter((name) => name !== false);
  if (given.length > 1)
    throw new InvalidInputError(`${given.join(' and ')}: give only one of them`);
  if (calls !== undefined) return readCallsFile(calls);
  if (call.length > 0) {
    const parsed = call.map(parseCallOption);
    return () => parsed;
  }
  if (argv.length === 0) return undefined;
  const exec = [{ call: { method: 'exec', args: { argv } }, place: '-- ARGV' }];
  return () => exec;
}

function parseCallOption(text: string, index: number): GivenCall {
  const place = `--call ${String(index + 1)}`;
  const [method = '', json] = text.split(CALL_SEPARATOR);
  if (json === undefined) return { call: { method }, place };
  return { call: { method, args: parseJson(json, place) }, place };
}

async function readCallsFile(path: string): Promise<CallsFor> {
  let text: string;
  try {
    text = await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InvalidInputError(
      `--calls ${path}: ${missing ? 'no such file' : error instanceof Error ? error.message : String(error)}`,
    );
  }
  const plain = text.replace(/^\uFEFF/, '');
  const value = path.endsWith('.json') ? parseJson(plain, path) : parseEither(plain, path);
  if (Array.isArray(value)) {
    const calls = placed(value, path);
    return () => calls;
  }
  if (typeof value !== 'object' || value === null) {
    throw new InvalidInputError(
      `${path}:1:1: expected a list of calls, or a map from node set to list`,
    );
  }
  const byDrone = new Map<string, GivenCall[]>();
  for (const [nodeSet, calls] of Object.entries(value)) {
    if (!Array.isArray(calls))
      throw new InvalidInputError(`${path}: ${nodeSet}: expected a list of calls`);
    for (const drone of expand(nodeSet, path)) {
      byDrone.set(drone, [...(byDrone.get(drone) ?? []), ...placed(calls, `${path}: ${nodeSet}`)]);
    }
  }
  return (drone) => byDrone.get(drone) ?? [];
}

function placed(calls: readonly unknown[], place: string): GivenCall[] {
  return calls.map((call, index) => ({ call, place: `${place}[${String(index)}]` }));
}

function expand(nodeSet: string, path: string): string[] {
  try {
    return expandNodeSet(nodeSet);
  } catch (error) {
    if (error instanceof NodeSetError) throw new InvalidInputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** What is said to be JSON is nothing else. @throws InvalidInputError with line and column. */
function parseJson(text: string, place: string): unknown {
  const problem = findJsonError(text);
  if (problem === null) return JSON.parse(text);
  const before = text.slice(0, problem.offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  throw new InvalidInputError(
    `${place}:${String(before.length)}:${String(column)}: not valid JSON: ${problem.message}`,
  );
}

/** JSON, faster where it is that, or YAML. */
function parseEither(text: string, place: string): unknown {
  return findJsonError(text) === null ? JSON.parse(text) : parseYaml(text, place);
}

function parseYaml(text: string, place: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    throw new InvalidInputError(`${place}:${String(line)}:${String(col)}: ${problem.message}`);
  }
  return document.toJS();
}
