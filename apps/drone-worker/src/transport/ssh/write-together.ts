import type { Duplex } from 'node:stream';

/**
 * What is written to `link` before it is the turn of the next event goes out in one piece. ssh2
 * writes an encrypted packet as three, and each of them would be a system call here, a segment on
 * the way and a wake-up on the drone.
 */
export function writeTogether(link: Duplex): void {
  const write = link.write.bind(link) as (...args: unknown[]) => boolean;
  let isHeld = false;
  const letGo = () => {
    isHeld = false;
    link.uncork();
  };
  const writeHeld = (...args: unknown[]) => {
    if (!isHeld) {
      isHeld = true;
      link.cork();
      process.nextTick(letGo);
    }
    return write(...args);
  };
  link.write = writeHeld as Duplex['write'];
}
