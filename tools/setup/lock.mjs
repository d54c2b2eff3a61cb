import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say, SetupError } from './report.mjs';

/**
 * Runs `work` while no other process holds the lock. A lock whose holder is
 * dead is taken over.
 * @template T
 * @param {string} path the lock: a file that holds its owner's pid
 * @param {{ signal: AbortSignal, pollMs?: number, patienceMs?: number }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, { signal, pollMs = 100, patienceMs = 900_000 }, work) {
  mkdirSync(dirname(path), { recursive: true });
  const givesUpAt = Date.now() + patienceMs;
  let waitsFor = 0;
  while (!take(path)) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (!isAlive(owner)) {
      removeStale(path, owner);
      continue;
    }
    if (owner !== waitsFor) say(`muster: waiting for another set-up (process ${owner})`);
    waitsFor = owner;
    if (Date.now() > givesUpAt) {
      throw new SetupError(
        `another set-up (process ${owner}) holds ${path}; if there is none, remove that file`,
      );
    }
    await delay(pollMs, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Linking a finished file makes lock and owner appear in one step.
 * @param {string} path
 */
function take(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} path
 * @returns {number | undefined} undefined: the lock was given back meanwhile
 */
function ownerOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Moves the stale lock aside before deleting it: if a third process was faster
 * and the lock is already a new one, it is put back.
 * @param {string} path
 * @param {number} deadOwner
 */
function removeStale(path, deadOwner) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (ownerOf(aside) !== deadOwner) linkSync(aside, path);
  } catch {
    // Somebody else removed it, or took the lock again: the caller looks anew.
  } finally {
    rmSync(aside, { force: true });
  }
}
