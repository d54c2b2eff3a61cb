import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.js';

const LOGGER = fileURLToPath(new URL('../../dist/log/logger.js', import.meta.url));

/** What a process with that environment writes to stderr when it runs `lines` with `log`. */
function logged(lines: string) {
  const script = `import { createLogger } from ${JSON.stringify(LOGGER)};
    const log = createLogger({ name: 'test' }); ${lines}`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, MUSTER_LOG_LEVEL: 'info' },
  });
  return stderr;
}

describe('createLogger', () => {
  it('writes no secret, however deep it lies and whoever hands it over', () => {
    const text = logged(`
      const call = { method: 'exec', args: { argv: ['true'], env: { KEY: 'HIDE1' }, stdin: 'HIDE2' } };
      log.info({ calls: [call], password: 'HIDE3', headers: { Authorization: 'Bearer HIDE4' } }, 'one');
      const child = log.child({ drone: 'lab001', env: { A: 'HIDE5' }, login: { passphrase: 'HIDE6' } });
      child.child({ private_key: 'HIDE7' }).warn({ redis: 'redis://muster:HIDE8@db:6379/0' }, 'two');
      const error = new Error('cannot reach redis://:HIDE9@db', { cause: new Error('x') });
      error.command = { name: 'auth', args: ['HIDE10'] };
      log.error({ err: error }, 'three');
      log.error(error);
    `);
    expect(text).not.toContain('HIDE');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      {
        level: 30,
        name: 'test',
        msg: 'one',
        calls: [{ method: 'exec', args: { argv: ['true'] } }],
      },
      { level: 40, msg: 'two', drone: 'lab001', redis: 'redis://***@db:6379/0' },
      {
        level: 50,
        msg: 'three',
        err: { type: 'Error', message: 'cannot reach redis://***@db', cause: { message: 'x' } },
      },
      { level: 50, err: { message: 'cannot reach redis://***@db' } },
    ]);
  });

  it('writes what MUSTER_LOG_LEVEL asks for, and refuses what is no level', () => {
    const text = logged(`
      for (const level of ['debug', 'warn', 'silent']) {
        process.env.MUSTER_LOG_LEVEL = level;
        const log = createLogger({ name: level });
        for (const how of ['debug', 'info', 'warn', 'error']) log[how](how);
      }
      process.env.MUSTER_LOG_LEVEL = 'loud';
      createLogger({ name: 'loud' });
    `);
    const written = [...text.matchAll(/"name":"(\w+)","msg":"(\w+)"/g)];
    const said = (wanted: string) =>
      new Set(written.filter(([, level]) => level === wanted).map(([, , how]) => how));
    expect(said('debug')).toEqual(new Set(['debug', 'info', 'warn', 'error']));
    expect(said('warn')).toEqual(new Set(['warn', 'error']));
    expect(said('silent')).toEqual(new Set());
    expect(text).toContain("MUSTER_LOG_LEVEL: 'loud'; expected one of fatal, error, warn");
  });
});

describe('withoutSecrets', () => {
  it('leaves what is no secret as it was', () => {
    const fields = {
      identityFile: '/k',
      passphraseFile: '/p',
      environments: 3,
      at: '2026-01-01',
      list: [1, null, { ok: true }],
      url: 'http://127.0.0.1:9464/metrics',
    };
    expect(withoutSecrets(fields)).toEqual(fields);
  });

  it('ends where something holds itself', () => {
    const self: Record<string, unknown> = {};
    self['self'] = self;
    expect(JSON.stringify(withoutSecrets(self))).toContain('[too deep]');
  });
});
