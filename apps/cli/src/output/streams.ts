/** Writes to stdout and stderr that survive a reader who has gone away. */

/** Results go to stdout. Resolves once the text is handed over, or the reader is gone. */
export function print(text: string): Promise<void> {
  return write(process.stdout, text);
}

/** What is not a result goes to stderr. */
export function complain(text: string): Promise<void> {
  return write(process.stderr, text);
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || text === '') {
      resolve();
      return;
    }
    stream.write(text, () => {
      resolve();
    });
  });
}

/** After a hang-up or a closed pipe, writing fails; that must not end what is being cleaned up. */
export function tolerateClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
