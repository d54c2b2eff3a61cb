import { readTickSettings } from '@muster/protocol';
import { readTrace, type TracePlace } from '@muster/runtime';

/** Where a tick with these stored settings stands in its trace; undefined where it has none. */
export function placeOfTick(settings: string): TracePlace | undefined {
  // Most ticks have none, and every batch asks.
  if (!settings.includes('"traceparent"')) return undefined;
  try {
    return readTrace(readTickSettings(settings));
  } catch {
    // Of a tick that another version of Muster has opened.
    return undefined;
  }
}
