/** A tick's result for people: equal results under their node set, the bad drones by reason, one summary line. */
import {
  foldNodeSet,
  formatDuration,
  groupByReason,
  oneLine,
  resultText,
  type Misfortune,
  type TickRecord,
} from '@muster/protocol';
import type { Colours } from './colours.js';

export function tickText(record: TickRecord, colours: Colours): string {
  return [
    ...goodGroups(record, colours),
    ...badLines(record, colours),
    ...openLines(record, colours),
    ...warningLines(record, colours),
    summary(record, colours),
  ]
    .map((part) => `${part}\n`)
    .join('');
}

/** Drones whose calls say the same to a reader, most drones first. */
function goodGroups(record: TickRecord, colours: Colours): string[] {
  const groups = new Map<string, string[]>();
  for (const [drone, entry] of Object.entries(record.drones)) {
    if (entry.outcome !== 'ok') continue;
    const text = entry.results
      .map((result, index) => resultText(entry.calls[index]?.method ?? '', result))
      .join('');
    const drones = groups.get(text);
    if (drones === undefined) groups.set(text, [drone]);
    else drones.push(drone);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([text, drones]) => {
      const count = drones.length === 1 ? '' : colours.dim(` (${String(drones.length)})`);
      const head = `${colours.green('●')} ${colours.bold(foldNodeSet(drones))}${count}`;
      const lines = text.trimEnd();
      return lines === '' ? head : `${head}\n${indent(lines)}`;
    });
}

function badLines(record: TickRecord, colours: Colours): string[] {
  const bad = new Map<string, Misfortune>();
  for (const [drone, { outcome, error }] of Object.entries(record.drones)) {
    if (outcome !== null && outcome !== 'ok') bad.set(drone, { outcome, error });
  }
  return groupByReason(bad).map(({ drones, outcome, message }) => {
    const count = drones.length === 1 ? '' : colours.dim(` (${String(drones.length)})`);
    const reason = message === '' ? '' : `: ${message}`;
    return `${colours.red('✗')} ${colours.bold(foldNodeSet(drones))}${count} ${colours.red(outcome)}${reason}`;
  });
}

/** Drones that have not reported, by what they are at. */
function openLines(record: TickRecord, colours: Colours): string[] {
  const groups = new Map<string, string[]>();
  for (const [drone, { outcome, calls, worker }] of Object.entries(record.drones)) {
    if (outcome !== null) continue;
    const running = calls.findIndex(({ status }) => status === 'running');
    const method = calls[running]?.method;
    const doing =
      method === undefined
        ? worker === null
          ? 'waits for a worker'
          : 'waits for its next attempt'
        : `runs call ${String(running)}, ${method}`;
    groups.set(doing, [...(groups.get(doing) ?? []), drone]);
  }
  return [...groups].map(([doing, drones]) => {
    const count = drones.length === 1 ? '' : colours.dim(` (${String(drones.length)})`);
    return `${colours.yellow('…')} ${colours.bold(foldNodeSet(drones))}${count} ${doing}`;
  });
}

function warningLines(record: TickRecord, colours: Colours): string[] {
  const groups = new Map<string, string[]>();
  for (const [drone, { warnings }] of Object.entries(record.drones)) {
    for (const warning of warnings) groups.set(warning, [...(groups.get(warning) ?? []), drone]);
  }
  return [...groups].map(([warning, drones]) => {
    return `${colours.yellow('!')} ${colours.bold(foldNodeSet(drones))} ${oneLine(warning)}`;
  });
}

/** `93 of 100 drones ok in 4.2s, 6 unreachable, 1 call_failed · tick default-42`. */
function summary(
  record: Pick<TickRecord, 'tick' | 'status' | 'counts' | 'durationMs' | 'drones' | 'policy'>,
  colours: Colours,
): string {
  const { counts, status, tick, durationMs } = record;
  const size = Object.keys(record.drones).length;
  const ok = counts.ok ?? 0;
  const others = Object.entries(counts)
    .filter(([outcome]) => outcome !== 'ok')
    .map(([outcome, count]) => `, ${String(count)} ${outcome}`)
    .join('');
  const time = durationMs === null ? '' : ` in ${formatDuration(durationMs)}`;
  const text = `${String(ok)} of ${String(size)} drone${size === 1 ? '' : 's'} ok${time}${others}`;
  const policy =
    status === 'failed' && record.policy !== 'all' ? ` (policy ${record.policy} not met)` : '';
  const verdict =
    status === 'ok' ? colours.green(text) : status === 'running' ? text : colours.red(text);
  return `${verdict}${policy}${colours.dim(` · tick ${tick} ${status}`)}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
