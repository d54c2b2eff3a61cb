import { InvalidInputError } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

const HOME = { HOME: '/home/me' };

function parse(text: string, source = 'fleet.yaml') {
  return parseFleet(text, source, HOME);
}

describe('parseFleet', () => {
  it('reads the file of the contract', () => {
    const fleet = parseFleet(
      `version: 1
defaults: { transport: ssh, site: default, user: autotest, port: 22,
            identityFile: ~/.ssh/id_ed25519, knownHosts: ~/.ssh/known_hosts, hostKeyPolicy: strict }
drones:
  lab[001-100]: {}                                  # node sets; a later entry refines an earlier one
  lab007: { enabled: false }
  gw1:    { address: 192.0.2.7, port: 2222, jump: bastion }
  box[1-2]: { transport: local, workdir: /srv/box }
  edge[1-3]: { transport: agent }
groups: { rack1: "lab[001-040]" }
`,
      '/etc/muster/fleet.yaml',
      HOME,
    );
    const defaults = {
      transport: 'ssh',
      site: 'default',
      user: 'autotest',
      port: 22,
      identityFile: ['/home/me/.ssh/id_ed25519'],
      knownHosts: ['/home/me/.ssh/known_hosts'],
      hostKeyPolicy: 'strict',
      enabled: true,
      tags: [],
    };
    expect(fleet.size).toBe(106);
    expect(fleet.get('lab100')).toStrictEqual({ ...defaults, name: 'lab100', address: 'lab100' });
    expect(fleet.get('lab007')).toMatchObject({ name: 'lab007', enabled: false, port: 22 });
    expect(fleet.get('gw1')).toStrictEqual({
      ...defaults,
      name: 'gw1',
      address: '192.0.2.7',
      port: 2222,
      jump: 'bastion',
    });
    expect(fleet.get('box2')).toMatchObject({ transport: 'local', workdir: '/srv/box' });
    expect(fleet.get('edge3')).toMatchObject({ transport: 'agent' });
    expect(fleet.group('rack1')).toHaveLength(39);
  });

  it('keeps what is not set apart from what is', () => {
    expect(parse('version: 1\ndrones: { a: {} }').get('a')).toStrictEqual({
      name: 'a',
      address: 'a',
      transport: 'ssh',
      site: 'default',
      enabled: true,
      tags: [],
    });
  });

  it('reads JSON, with tabs, escapes, CRLF and a byte order mark', () => {
    const text =
      '\uFEFF{\r\n\t"version": 1,\r\n\t"drones": {\r\n\t\t"l\\u0061b[1-2]": {"user": "a\\/b"}\r\n\t}\r\n}\r\n';
    const fleet = parse(text, 'fleet.json');
    expect(fleet.names).toStrictEqual(['lab1', 'lab2']);
    expect(fleet.get('lab1')?.user).toBe('a/b');
  });

  it('takes aliases, of maps, texts and lists', () => {
    const fleet = parse(`version: 1
drones:
  a: &slow { port: 2222, user: &user bob, tags: &tags [x, y] }
  b: *slow
  c: { user: *user, tags: *tags, methods: [*user] }
`);
    expect(fleet.get('b')).toMatchObject({ port: 2222, user: 'bob' });
    expect(fleet.get('c')).toMatchObject({ user: 'bob', tags: ['x', 'y'], methods: ['bob'] });
  });

  it('takes a file without drones, and drones without settings', () => {
    expect(parse('version: 1').names).toStrictEqual([]);
    expect(parse('version: 1\ndefaults:\ngroups:\ndrones:\n  a:\n  b:\n').names).toStrictEqual([
      'a',
      'b',
    ]);
  });

  it('expands ~ and relative paths, but not on the drone', () => {
    const drone = (settings: string) =>
      parseFleet(`version: 1\ndrones: { a: { ${settings} } }`, '/etc/muster/f.yaml', HOME).get('a');
    expect(drone('identityFile: [~/k, ../l, /m], knownHosts: hosts')).toMatchObject({
      identityFile: ['/home/me/k', '/etc/l', '/m'],
      knownHosts: ['/etc/muster/hosts'],
    });
    expect(drone('transport: local, workdir: box')?.workdir).toBe('/etc/muster/box');
    expect(drone('transport: local, workdir: "~"')?.workdir).toBe('/home/me');
    expect(drone('transport: ssh, workdir: box')?.workdir).toBe('box');
    expect(drone('transport: agent, workdir: ~/box')?.workdir).toBe('~/box');
  });

  it.each([
    ['', "fleet.yaml:1:1: expected a map with 'version: 1' and 'drones', got nothing"],
    ['# later\n', "fleet.yaml:1:1: expected a map with 'version: 1' and 'drones', got nothing"],
    ['---\n', "fleet.yaml:1:1: expected a map with 'version: 1' and 'drones', got nothing"],
    [' - a\n', "fleet.yaml:1:2: expected a map with 'version: 1' and 'drones', got a list"],
    ['hello', "fleet.yaml:1:1: expected a map with 'version: 1' and 'drones', got 'hello'"],
    ['# x\ndrones: {}\n', "fleet.yaml:2:1: expected 'version: 1'"],
    ['version:\n', "fleet.yaml:1:9: expected 'version: 1'"],
    ['version: "1"\n', "fleet.yaml:1:10: expected 'version: 1', got '1'"],
    ['version: [1]\n', "fleet.yaml:1:10: expected 'version: 1'"],
    ['\uFEFFversion: 2\n', 'fleet.yaml:1:10: version 2: this Muster reads version 1'],
    [
      'version: 1\ndornes: {}\n',
      "fleet.yaml:2:1: unknown key 'dornes' in the fleet file; did you mean 'drones'?",
    ],
    ['version: 1\ndrones: [a]\n', 'fleet.yaml:2:9: drones: expected a map, got a list'],
    ['version: 1\ngroups: x\n', "fleet.yaml:2:9: groups: expected a map, got 'x'"],
    ['version: 1\ndefaults: 3\n', 'fleet.yaml:2:11: defaults: expected a map, got 3'],
    [
      'version: 1\ndefaults: { prot: 3 }\n',
      "fleet.yaml:2:13: unknown key 'prot' in defaults; did you mean 'port'?",
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(new InvalidInputError(message));
  });

  it('reports the errors of all parts at once, in file order', () => {
    const text = `groups: { g: "lba1" }
drones:
  lab1: { port: 0 }
  lab2: { trasnport: ssh }
defaults: { enabled: maybe }
`;
    expect(() => parse(text)).toThrow(
      new InvalidInputError(
        [
          "fleet.yaml:1:1: expected 'version: 1'",
          'fleet.yaml:1:15: group g: no drone is called lba1; did you mean lab1?',
          "fleet.yaml:3:17: 'port' in drone lab1: expected a whole number from 1 to 65535, got 0",
          "fleet.yaml:4:11: unknown key 'trasnport' in drone lab2; did you mean 'transport'?",
          "fleet.yaml:5:22: 'enabled' in defaults: expected true or false, got 'maybe'",
        ].join('\n'),
      ),
    );
  });

  it('reads 50,000 drones of one node set', () => {
    expect(parse('version: 1\ndrones:\n  lab[00001-50000]: {}\n').size).toBe(50_000);
  });
});
