/** Reads the settings of one drone entry, or those of `defaults`. */
import { nearest } from '@muster/protocol';
import { isScalar, isSeq, type Node } from 'yaml';
import type { z } from 'zod';
import { describe, plainValue, startOf } from './document.js';
import { readMap, type MapEntry, type Reading } from './read-map.js';
import { expectedOf, SETTING_KEYS, settingsSchema, type GivenSettings } from './settings.js';

/** What the map sets and nothing else. What does not fit goes to the issues; then it sets nothing. */
export function readSettings(node: Node | null, place: string, reading: Reading): GivenSettings {
  const entries = readMap(node, place, SETTING_KEYS, reading);
  const values = entries.map(({ key, value }) => [key, plainValue(value, reading.document)]);
  const parsed = settingsSchema.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const entry = entries.find(({ key }) => key === issue.path[0]);
    if (entry) report(issue, entry, place, reading);
  }
  return {};
}

function report(issue: z.core.$ZodIssue, entry: MapEntry, place: string, reading: Reading): void {
  const index = issue.path[1];
  const item =
    isSeq(entry.value) && typeof index === 'number' ? entry.value.items[index] : undefined;
  const culprit = item === undefined ? entry.value : reading.document.resolve(item);
  reading.issues.add(
    item !== undefined && culprit ? startOf(culprit) : entry.at,
    `'${entry.key}' in ${place}: expected ${expectedOf(entry.key)}, got ${describe(culprit)}${hint(issue, culprit)}`,
  );
}

function hint(issue: z.core.$ZodIssue, culprit: Node | null): string {
  if (!isScalar(culprit)) return '';
  const { value } = culprit;
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const close = nearest(value, issue.values.map(String));
    return close === undefined ? '' : `; did you mean '${close}'?`;
  }
  const isText = issue.code === 'invalid_type' && issue.expected === 'string';
  return isText && value !== null ? '; put it in quotes to make it a text' : '';
}
