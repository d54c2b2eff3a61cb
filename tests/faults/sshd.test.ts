/** The drones' side fails: sshd is killed or freezes, or a link goes half-open. */
import { FaultLab, LINKED_DRONES } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, printedBy, thoseThatAre } from './sound.js';

let lab: Awaited<ReturnType<typeof FaultLab.startOverSsh>>;

beforeEach(async () => {
  lab = await FaultLab.startOverSsh();
  await lab.startServices();
});
afterEach(() => lab.stop());

describe('sshd', () => {
  it('is killed where calls run: those drones are unreachable, and nothing of them runs on', async () => {
    const tick = await lab.startTick({ deadline: 14, callSeconds: 30 });
    await lab.underWay(lab.firstTick);
    await lab.ssh.sshd.killSessions();
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 12, unreachable: 8 });
    expect(record.durationMs).toBeLessThan(14_000);
    expect(record.drones['box18']?.calls.map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'unknown',
    ]);
    await expectNextTickClean(lab);
  });

  it('freezes: the deadline holds, and says that the end is not confirmed', async () => {
    const tick = await lab.startTick({ deadline: 6, callSeconds: 60 });
    await lab.underWay(lab.firstTick);
    await lab.ssh.sshd.freeze();
    const record = await printedBy(tick);
    await lab.ssh.sshd.thaw();
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 12, timed_out: 8 });
    expect(record.drones['box13']?.error?.ended).toBe('unconfirmed');
    await expectNextTickClean(lab);
  });
});

describe('a link', () => {
  it('goes half-open: its drones alone are bad, and what ran there is ended over another', async () => {
    const tick = await lab.startTick({ deadline: 8, callSeconds: 60 });
    await lab.underWay(lab.firstTick);
    lab.ssh.link.freeze();
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(thoseThatAre(record, 'ok')).toHaveLength(12);
    for (const drone of LINKED_DRONES) {
      expect(['timed_out', 'unreachable']).toContain(record.drones[drone]?.outcome);
      // Whether the proof came before the record or after it, nothing runs on: that is checked above.
      expect(record.drones[drone]?.error?.ended).toMatch(/^(un)?confirmed$/);
    }
    await expectNextTickClean(lab);
  });
});
