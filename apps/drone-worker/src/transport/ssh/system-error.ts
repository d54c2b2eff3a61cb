/** The system's error code (`ENOENT`), or null for any other kind of error. */
export function systemErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Why a file could not be used, in words for the end of a sentence. */
export function systemErrorReason(error: unknown): string {
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'is a directory';
    case null:
      return error instanceof Error ? error.message : String(error);
    default:
      return code;
  }
}
