import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALL_STATUSES, OUTCOMES } from './outcome.js';
import { readReport, readReportOrRejection, writeReport, type Report } from './report.js';
import { WireError } from './wire-version.js';

const REPORT: Report = {
  drone: 'lab001',
  outcome: 'call_failed',
  error: { message: 'call 1, exec: exit 1', call: 1, ended: 'confirmed' },
  warnings: ['slow'],
  attempts: 1,
  worker: 'host:1',
  calls: [
    { method: 'ping', status: 'ok', durationMs: 0.4 },
    { method: 'exec', status: 'failed', durationMs: 12 },
  ],
  timings: { queuedMs: 2, connectMs: 0, runMs: 12.4 },
};

describe('readReport', () => {
  it('gives back any report that was written', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(readReport(writeReport(report))).toEqual(report);
      }),
    );
  });

  it('behaviour 48: names both versions of a report of another', () => {
    expect(() => readReport(JSON.stringify({ ...REPORT, v: 7 }))).toThrow(
      new WireError('version skew: the report has version 7, this Muster speaks version 1'),
    );
    expect(() => readReport(JSON.stringify(REPORT))).toThrow(
      new WireError('version skew: the report has no version, this Muster speaks version 1'),
    );
  });

  it.each(['', '{', 'undefined'])('refuses %j, which is no JSON', (json) => {
    expect(() => readReport(json)).toThrow(new WireError('not a report: it is no JSON'));
  });

  it.each([
    [{ outcome: 'fine' }, 'not a report: outcome: expected one of "ok"|"call_failed"|'],
    [{ error: undefined }, 'not a report: error: missing; expected object'],
    [{ attempts: -1 }, 'not a report: attempts: expected number to be >=0'],
    [
      { calls: [{ method: 'a', status: 'ok', durationMs: -1 }] },
      'not a report: calls[0].durationMs: expected number to be >=0',
    ],
    [
      { calls: [{ method: 'a', status: 'done', durationMs: 1 }] },
      'not a report: calls[0].status: expected one of "ok"|"failed"|',
    ],
    [{ warnings: 'slow' }, 'not a report: warnings: expected array, received string'],
    [{ timings: {} }, 'not a report: timings.queuedMs: missing; expected number'],
  ])('refuses a report with %j', (wrong, message) => {
    const read = () => readReport(JSON.stringify({ v: 1, ...REPORT, ...wrong }));
    expect(read).toThrow(WireError);
    expect(read).toThrow(message);
  });
});

describe('readReportOrRejection', () => {
  it('reads what can be read', () => {
    expect(readReportOrRejection(writeReport(REPORT), 'lab001')).toEqual(REPORT);
  });

  it('rejects the drone whose report cannot be read, and says why', () => {
    expect(readReportOrRejection(JSON.stringify({ ...REPORT, v: 2 }), 'lab001')).toEqual({
      drone: 'lab001',
      outcome: 'rejected',
      error: { message: 'version skew: the report has version 2, this Muster speaks version 1' },
      warnings: [],
      attempts: 1,
      worker: null,
      calls: [],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    });
  });

  it('is total, and what it gives can be written and read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), reports.map(writeReport)), (json) => {
        const report = readReportOrRejection(json, 'lab001');
        expect(readReport(writeReport(report))).toEqual(report);
      }),
    );
  });
});

const milliseconds = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);

const reports: fc.Arbitrary<Report> = fc.record({
  drone: fc.string(),
  outcome: fc.constantFrom(...OUTCOMES),
  error: fc.option(
    fc.record(
      {
        message: fc.string(),
        call: fc.nat(),
        ended: fc.constantFrom('confirmed' as const, 'unconfirmed' as const),
      },
      { requiredKeys: ['message'] },
    ),
  ),
  warnings: fc.array(fc.string()),
  attempts: fc.nat(),
  worker: fc.option(fc.string()),
  calls: fc.array(
    fc.record({
      method: fc.string(),
      status: fc.constantFrom(...CALL_STATUSES),
      durationMs: milliseconds,
    }),
  ),
  timings: fc.record({ queuedMs: milliseconds, connectMs: milliseconds, runMs: milliseconds }),
});
