import { InvalidInputError } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

function drone(settings: string) {
  return parseFleet(`version: 1\ndrones:\n  a: { ${settings} }\n`, 'f', { HOME: '/h' }).get('a');
}

describe('settings of a drone', () => {
  it('has every key of the contract', () => {
    expect(
      drone(`transport: agent, site: lab-2.x, address: "::1", port: 65535, user: root,
        identityFile: /k, knownHosts: [/a, /b], hostKeyPolicy: accept-new, jump: me@gw:22,
        workdir: /w, enabled: false, tags: [x, "5"], methods: [], maxConcurrentCalls: 4`),
    ).toStrictEqual({
      name: 'a',
      transport: 'agent',
      site: 'lab-2.x',
      address: '::1',
      port: 65_535,
      user: 'root',
      identityFile: ['/k'],
      knownHosts: ['/a', '/b'],
      hostKeyPolicy: 'accept-new',
      jump: 'me@gw:22',
      workdir: '/w',
      enabled: false,
      tags: ['x', '5'],
      methods: [],
      maxConcurrentCalls: 4,
    });
  });

  it.each([
    ['port: 0', 14, 'expected a whole number from 1 to 65535, got 0'],
    ['port: 65536', 14, 'expected a whole number from 1 to 65535, got 65536'],
    ['port: 22.5', 14, 'expected a whole number from 1 to 65535, got 22.5'],
    ['port: "22"', 14, "expected a whole number from 1 to 65535, got '22'"],
    ['port: ', 15, 'expected a whole number from 1 to 65535, got nothing'],
    ['port', 8, 'expected a whole number from 1 to 65535, got nothing'],
    ['transport: shh', 19, "expected ssh, local or agent, got 'shh'; did you mean 'ssh'?"],
    ['transport: telnet', 19, "expected ssh, local or agent, got 'telnet'"],
    ['transport: 1', 19, 'expected ssh, local or agent, got 1'],
    [
      'hostKeyPolicy: acceptnew',
      23,
      "expected strict or accept-new, got 'acceptnew'; did you mean 'accept-new'?",
    ],
    ['enabled: yes', 17, "expected true or false, got 'yes'"],
    ['user: 1000', 14, 'expected a user name, got 1000; put it in quotes to make it a text'],
    ['user: ""', 14, "expected a user name, got ''"],
    ['user: "a\\nb"', 14, "expected a user name, got 'a b'"],
    ['address: []', 17, 'expected a host name or an address, got a list'],
    ['jump: {}', 14, 'expected a host to go through, got a map'],
    [
      'site: "a b"',
      14,
      "expected a name: letters, digits, dots, dashes and underscores, got 'a b'",
    ],
    ['tags: x', 14, "expected a list of texts, got 'x'"],
    [
      'tags: [x, true]',
      18,
      'expected a list of texts, got true; put it in quotes to make it a text',
    ],
    ['tags: [[x]]', 15, 'expected a list of texts, got a list'],
    ['methods: [""]', 18, "expected a list of methods' names, got ''"],
    ['maxConcurrentCalls: 0', 28, 'expected a whole number from 1, got 0'],
    ['workdir: ~bob/x', 17, "expected a path ('~/' is $HOME, '~user' is not known), got '~bob/x'"],
    [
      'identityFile: [/k, ~bob/k]',
      27,
      "expected a path or a list of paths ('~/' is $HOME, '~user' is not known), got '~bob/k'",
    ],
    [
      'knownHosts: []',
      20,
      "expected a path or a list of paths ('~/' is $HOME, '~user' is not known), got a list",
    ],
  ])('refuses %s', (settings, column, complaint) => {
    const key = /^\w+/.exec(settings)?.[0] ?? '';
    expect(() => drone(settings)).toThrow(
      new InvalidInputError(`f:3:${column}: '${key}' in drone a: ${complaint}`),
    );
  });
});
