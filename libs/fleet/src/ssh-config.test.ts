import { mkdir, mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshConfig } from './ssh-config.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-ssh-config-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(home, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const load = (system = join(home, 'none')) => SshConfig.load({ HOME: home }, system);

async function settingsOf(host: string, config: string) {
  await write('.ssh/config', config);
  return load().settingsOf(host);
}

describe('the SSH configuration', () => {
  it('sets nothing where there is none', () => {
    const settings = load().settingsOf('box');
    expect(Object.values(settings).filter((value) => value !== undefined)).toEqual([]);
  });

  it('gives a host what the first fitting section sets', async () => {
    const settings = await settingsOf(
      'box7',
      `
Host box? !box9
  hostname %h.lab.example
  Port=2222
  User "alice"
  IdentityFile ~/.ssh/keys/%n
  IdentityFile %d/other
  IdentitiesOnly yes
  UserKnownHostsFile ~/one ~/two
  GlobalKnownHostsFile none
  StrictHostKeyChecking accept-new
  HostKeyAlias lab
  ProxyJump gate
Host *
  Port 22
  User bob
`,
    );
    expect(settings).toEqual({
      hostName: 'box7.lab.example',
      port: 2222,
      user: 'alice',
      identityFiles: [join(home, '.ssh/keys/box7'), join(home, 'other')],
      identitiesOnly: true,
      userKnownHosts: [join(home, 'one'), join(home, 'two')],
      globalKnownHosts: [],
      hostKeyPolicy: 'accept-new',
      hostKeyAlias: 'lab',
      jump: 'gate',
    });
  });

  it('prefers the own file to that of the system', async () => {
    const system = await write('system', 'User root\nPort 23\n');
    await write('.ssh/config', 'Host box\n  User me\n');
    expect(load(system).settingsOf('box')).toMatchObject({ user: 'me', port: 23 });
  });

  it('takes in other files where they are included, in a section for its hosts', async () => {
    await write('.ssh/conf.d/1', 'Host box\n  Port 1001\n');
    await write('.ssh/conf.d/2', 'Host box\n  Port 1002\n  User two\n');
    await write('.ssh/inner', 'HostKeyAlias inner\n');
    const config = 'Include conf.d/*\nHost box\n  Include inner\nHost *\n  Port 22\n';
    expect(await settingsOf('box', config)).toMatchObject({
      port: 1001,
      user: 'two',
      hostKeyAlias: 'inner',
    });
    expect(load().settingsOf('another').hostKeyAlias).toBeUndefined();
  });

  it.each([
    ['Port twenty', 'Port twenty: expected a whole number from 1 to 65535'],
    ['Port 65536', 'Port 65536: expected a whole number from 1 to 65535'],
    ['StrictHostKeyChecking maybe', 'StrictHostKeyChecking maybe: expected one of yes, ask'],
    ['ProxyCommand nc %h %p', 'ProxyCommand nc %h %p: expected ProxyJump'],
  ])('refuses %s for the hosts that have it', async (line, message) => {
    await write('.ssh/config', `Host box\n  ${line}\n`);
    const config = load();
    expect(() => config.settingsOf('box')).toThrow(`ssh configuration of host box: ${message}`);
    expect(() => config.settingsOf('another')).not.toThrow();
  });

  it('runs no command', async () => {
    const witness = join(home, 'ran');
    expect(await settingsOf('box', `Match exec "touch ${witness}"\n  Port 2\n`)).toMatchObject({
      port: undefined,
    });
    await expect(rm(witness)).rejects.toThrow('ENOENT');
  });

  it('is refused when others may write it, and when it includes itself', async () => {
    const path = await write('.ssh/config', 'Include config\n');
    expect(load).toThrow(`${path}: includes files too deep`);
    await chmod(path, 0o620);
    expect(load).toThrow(`${path}: others may write it`);
  });
});
