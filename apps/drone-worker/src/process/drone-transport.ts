/** What a method gets to run processes and transfer files with: its drone's session, its call's mark and its call's time. */
import type { DroneTransport } from '../methods/define-methods.js';
import { transferWithDrone } from '../transfer/drone-transfer.js';
import type { TransferSlots } from '../transfer/transfer-slots.js';
import type { Session } from '../transport/transport.js';
import { runProcess, type ProcessPlace } from './run-process.js';

export function droneTransport(
  session: Session,
  marks: Readonly<Record<string, string>>,
  place: ProcessPlace,
  transfers: TransferSlots,
  signal: AbortSignal,
): DroneTransport {
  return {
    sharesClock: session.sharesClock,
    async run(spec) {
      const marked = { ...spec, env: { ...spec.env, ...marks } };
      const {
        exitCode,
        signal: ended,
        stdout,
        stderr,
      } = await runProcess(session, marked, place, signal);
      place.onExit?.(exitCode);
      const truncated = stdout.truncated || stderr.truncated;
      const said = { stdout: stdout.text(), stderr: stderr.text(), stdoutBytes: stdout.bytes() };
      return { exitCode, signal: ended, ...said, truncated };
    },
    transfer: (order) => transferWithDrone(session, order, place, transfers, signal),
  };
}
