/** What a call's result says to a reader, as text that needs no more care. */
import { harmless } from './harmless.js';

/** Lines, or nothing; equal for results that say the same. */
export function resultText(method: string, result: unknown): string {
  if (method === 'exec' && isExecResult(result)) {
    const said = [result.stdout, result.stderr].map((text) => endWithLine(harmless(text))).join('');
    const exit =
      result.exitCode === 0
        ? ''
        : `${result.signal === null ? `exit ${String(result.exitCode)}` : `ended by ${result.signal}`}\n`;
    return said + exit + (result.truncated ? '… (cut at maxOutputBytes)\n' : '');
  }
  // Each drone's own time would set them all apart; that they answer is what a reader asks.
  if (method === 'ping') return 'answers\n';
  if (method === 'read' && isReadResult(result)) return endWithLine(harmless(result.content));
  if (result === null || result === undefined) return '';
  return `${harmless(JSON.stringify(result))}\n`;
}

function isExecResult(result: unknown): result is {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  truncated: boolean;
} {
  return typeof result === 'object' && result !== null && 'stdout' in result && 'stderr' in result;
}

function isReadResult(result: unknown): result is { content: string } {
  return (
    typeof result === 'object' &&
    result !== null &&
    'encoding' in result &&
    result.encoding === 'utf8'
  );
}

function endWithLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
