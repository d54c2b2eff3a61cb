/** Set-up speaks on stderr only: stdout belongs to the results of what it sets up. */

/** @param {string} message one or more lines for the person at the terminal */
export function say(message) {
  process.stderr.write(`${message}\n`);
}

/** Ends set-up: `message` says what is missing and what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode] what the process exits with
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}
