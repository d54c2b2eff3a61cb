/** The fleet file's text to a fleet: parse, check, refine, settle. */
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, type Node } from 'yaml';
import { describe, parseDocument, startOf } from './document.js';
import { settle, type DroneSettings } from './drone-entry.js';
import { Fleet } from './fleet.js';
import { Issues } from './issues.js';
import { homeFolder } from './paths.js';
import { readDrones } from './read-drones.js';
import { readGroups } from './read-groups.js';
import { readMap, type Reading } from './read-map.js';
import { readSettings } from './read-settings.js';
import type { GivenSettings } from './settings.js';

const KEYS = ['version', 'defaults', 'drones', 'groups'];
const EXPECTED_FILE = "expected a map with 'version: 1' and 'drones'";

/**
 * Reads the text of a fleet file, YAML 1.2 or JSON, with or without a byte order mark.
 * @param source The file's path: what messages call it, and whose folder relative paths
 *   (`identityFile`, `knownHosts`, a `local` drone's `workdir`) are relative to.
 * @param environment Whose `HOME` is `~`.
 * @throws InvalidInputError that has a line `source:line:column: …` for every error found (the
 *   first 20; then `and N more`), says what was expected, and suggests the nearest key or name.
 */
export function parseFleet(
  text: string,
  source: string,
  environment: NodeJS.ProcessEnv = process.env,
): Fleet {
  const body = text.replace(/^\uFEFF/, '');
  const issues = new Issues(source, body);
  const { drones, groups } = read(body, source, issues);
  issues.throwIfAny();
  const base = { home: homeFolder(environment), folder: dirname(resolve(source)) };
  const settled = new Map<GivenSettings, DroneSettings>();
  const settings = new Map<string, DroneSettings>();
  for (const [name, given] of drones) {
    const shared = settled.get(given) ?? settle(given, base);
    settled.set(given, shared);
    settings.set(name, shared);
  }
  return new Fleet(settings, groups);
}

interface GivenFleet {
  readonly drones: ReadonlyMap<string, GivenSettings>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

const NOTHING: GivenFleet = { drones: new Map(), groups: new Map() };

/** What the file gives, as far as it can be read; all that is wrong goes to the issues. */
function read(text: string, source: string, issues: Issues): GivenFleet {
  const document = parseDocument(text, source.endsWith('.json'), issues);
  if (document === null) return NOTHING;
  const root = document.resolve(document.contents);
  if (!isMap(root)) {
    const isEmpty = root === null || (isScalar(root) && root.value === null);
    const got = isEmpty ? 'nothing' : describe(root);
    issues.add(isEmpty ? 0 : startOf(root), `${EXPECTED_FILE}, got ${got}`);
    return NOTHING;
  }
  const reading: Reading = { document, issues, text };
  const entries = readMap(root, 'the fleet file', KEYS, reading);
  const valueOf = (name: string): Node | null =>
    entries.find(({ key }) => key === name)?.value ?? null;
  const complaint = complainOfVersion(valueOf('version'));
  if (complaint !== undefined) {
    issues.add(entries.find(({ key }) => key === 'version')?.at ?? startOf(root), complaint);
  }
  const defaults = readSettings(valueOf('defaults'), 'defaults', reading);
  const drones = readDrones(valueOf('drones'), defaults, reading);
  const groups = readGroups(valueOf('groups'), drones, reading);
  return { drones: drones.settings, groups };
}

function complainOfVersion(node: Node | null): string | undefined {
  if (!isScalar(node) || node.value === null) return "expected 'version: 1'";
  if (node.value === 1) return undefined;
  if (typeof node.value !== 'number') return `expected 'version: 1', got ${describe(node)}`;
  return `version ${describe(node)}: this Muster reads version 1`;
}
