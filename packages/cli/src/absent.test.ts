/** Fingers that know other programs: their options are taken, or the answer says what to do instead. */
import { describe, expect, test } from 'vitest';
import { connectionHelp, connectionOptions, connectionSpellings, spellings } from './connection-options.js';
import { readArguments } from './read-arguments.js';
import { petrel } from './test-terminal.suite.js';

const read = (...args: string[]) => readArguments(args, { ...connectionOptions, ...more }, spellings());
const more = {
  message: { type: 'string', short: 'm' },
  retain: { type: 'boolean', short: 'r' },
  topic: { type: 'string', short: 't', multiple: true },
} as const;

describe('readArguments', () => {
  test.each([
    [['-m', '-5'], { message: '-5' }],
    [['-m-5'], { message: '-5' }],
    [['-m', '- a line of a list'], { message: '- a line of a list' }],
    [['--message', '--'], { message: '--' }],
    [['--message=a=b'], { message: 'a=b' }],
    [['-m', ''], { message: '' }],
    [['-rm', 'x', '-t', 'a', '-tb'], { retain: true, message: 'x', topic: ['a', 'b'] }],
    [['-x', '-1'], { 'session-expiry-interval': '-1' }],
    [
      ['--username', 'a', '--pw', 'b', '--id', 'c', '--ca', 'd', '--keepalive', '5'],
      {
        'user-name': 'a',
        password: 'b',
        'client-identifier': 'c',
        cafile: 'd',
        'keep-alive': '5',
      },
    ],
    [
      ['-D', 'publish', 'user-property', 'k', 'v', '-D', 'connect', 'receive-maximum', '5'],
      {
        property: ['["publish","user-property","k","v"]', '["connect","receive-maximum","5"]'],
      },
    ],
  ])('%j', (args, expected) => {
    const { values, positionals } = read(...args);
    expect([{ ...values }, positionals]).toEqual([expected, []]);
  });

  test('a number below zero and what is behind -- are operands', () => {
    expect(read('temperature', '-5.5').positionals).toEqual(['temperature', '-5.5']);
    expect(read('a', '--', '--tls', '-r').positionals).toEqual(['a', '--tls', '-r']);
    expect(read('-', 'a').positionals).toEqual(['-', 'a']);
  });

  test.each([
    [['-m'], 'option "-m" lacks its value'],
    [['-t', '-r'], 'option "-t" lacks its value'],
    [['--topic', '--retain'], 'option "--topic" lacks its value'],
    [['-D', 'publish', 'content-type'], 'option "-D" lacks its value'],
    [['--retain=yes'], 'option "--retain" takes no value, got "yes"'],
    [['--messgae', 'x'], 'did you mean "--message"?'],
    [['--disable-clean'], 'did you mean "--disable-clean-session"?'],
    [['-Z'], 'there is no option "-Z"; a text that begins with a dash goes behind "--"'],
    [['--toString'], 'there is no option "--toString"'],
    [['--constructor'], 'there is no option "--constructor"'],
    [['-A', '127.0.0.1'], 'option "-A" is not here: the routes'],
    [['--proxy', 'socks5h://x'], 'option "--proxy" is not here: open a tunnel'],
    [['--capath', '/etc/ssl/certs'], 'cat DIR/*.pem'],
    [['--psk', 'ab'], '"--cert" and "--key"'],
  ])('%j is refused with a reason', (args, why) => {
    expect(() => read(...args)).toThrow(why);
  });

  test('every alias leads to an option, and nothing is both here and not', () => {
    const names = new Set<string>(Object.keys(connectionOptions));
    for (const name of Object.values(connectionSpellings.aliases)) expect(names).toContain(name);
    for (const name of Object.keys(connectionSpellings.absent)) expect(names).not.toContain(name);
    for (const name of names) expect(connectionHelp).toContain(`--${name}`);
  });
});

describe('the commands', () => {
  test.each([
    [['sub', '--random-filter', '50', 'a'], "awk 'rand() < 0.5'"],
    [['sub', '-l', 'ws', 'a'], 'name the transport in "--url"'],
    [['request', '-e', 'answers', '-t', 'a'], 'petrel pub -D publish response-topic'],
    [['passwd', '-b', 'file', 'anna', 'secret'], 'everybody on this machine sees'],
    [['passwd', '-c', 'file', 'anna'], 'the file is made if it is not there'],
    [['request', '-d', 'a'], 'petrel sub and petrel pub tell of packets'],
    [['pub', 'a', 'b', '--protocol', 'wss'], 'a transport is chosen by "--tls", "--ws" or "--url"'],
    [['pub', 'a', 'b', '-i', 'x', '-I', 'y'], 'option "--id-prefix" is in place of "--client-identifier"'],
    [['pub', 'a', 'b', '--unix', '/x', '-h', 'y'], '"--unix" and "--host" exclude each other'],
    [['pub', 'a', 'b', '--url', 'mqtt://x', '--ws'], 'option "--url" has all in it that "--ws" says'],
    [['pub', 'a', 'b', '--tls-version', 'sslv3'], 'must be one of tlsv1.2, tlsv1.3, got "sslv3"'],
    [['pub', 'a', 'b', '-l', '--repeat', '2'], '--lines reads'],
    [['pub', '-t', 'a', '-l', '--repeat', '2'], '"--lines" has many'],
    [['pub', 'a', 'b', '--repeat-delay', '1'], 'option "--repeat-delay" needs "--repeat"'],
    [['pub', 'a', 'b', '--repeat', '2', '--repeat-delay', 'soon'], 'must be a number 0–2,147,483 (seconds)'],
    [['pub', 'a', 'b', '-M', '0'], 'option "--max-inflight" must be an integer 1–65,535'],
    [['pub', 'a', 'b', '-D', 'publish', 'topic-alias', '5'], 'must name one of payload-format-indicator'],
    [
      ['pub', 'a', 'b', '-D', 'subscribe', 'user-property', 'a', 'b'],
      'must begin with connect, publish, will',
    ],
    [['pub', 'a', 'b', '-D', 'publish', 'payload-format-indicator', '2'], 'must be an integer 0–1, got "2"'],
    [['pub', 'a', 'b', '-D', 'connect', 'request-problem-information', 'yes'], 'must be 0 or 1, got "yes"'],
    [['pub', 'a', 'b', '-D', 'will', 'will-delay-interval', '5'], 'option "-D will" needs "--will-topic"'],
    [['pub', 'a', 'b', '--property=publish'], 'as arguments of their own'],
    [['pub', '-L', 'mqtt://x/a%', '-m', 'x'], 'the topic "a%" is badly encoded'],
    [['sub', 'a', '--json', '-F', '%p'], 'options "--json" and "--format" exclude each other'],
    [['sub', 'a', '--pretty'], 'option "--pretty" needs "--json"'],
    [['sub', 'a', '-R', '--retained-only'], '"--no-retained" and "--retained-only" exclude each other'],
    [['sub', 'a', '-F', '%Z'], 'option "--format" has "%Z"'],
    [['sub', 'a', '-T', 'a/#/b'], 'a/#/b'],
  ])('%j is refused with a reason', async (args, why) => {
    const { code, err } = await petrel(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});
