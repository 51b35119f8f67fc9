/** The options of `npm start`. */
import { parseArgs } from 'node:util';

export interface StartOptions {
  /** Port of the page; a busy one gives the next. Default 8080. */
  port: number;
  /** Port of MQTT over TCP. Default 1883. */
  mqttPort: number;
  /** Port of MQTT over WebSocket. Default 8083. */
  webSocketPort: number;
  /** Minutes of the house in one second. Default 40: one reading of each sensor in about a second. */
  speed: number;
  /** Seconds from one cut link to the next, on average; 0 = never. Default 12. */
  cutEvery: number;
}

const defaults: StartOptions = { port: 8080, mqttPort: 1883, webSocketPort: 8083, speed: 40, cutEvery: 12 };

export const usage = `Options of the smart home:
  --port N             port of the page (default ${defaults.port})
  --mqtt-port N        port of MQTT over TCP (default ${defaults.mqttPort})
  --websocket-port N   port of MQTT over WebSocket (default ${defaults.webSocketPort})
  --speed N            minutes of the house in one second (default ${defaults.speed})
  --cut-every N        seconds from one cut link to the next, on average; 0 = never (default ${defaults.cutEvery})
  --help`;

export type ReadOptions =
  | { kind: 'start'; options: StartOptions }
  | { kind: 'help' }
  | { kind: 'wrong'; why: string };

/** Reads the command line; a wrong option comes back as the sentence to print. */
export function readStartOptions(args: readonly string[]): ReadOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        'mqtt-port': { type: 'string' },
        'websocket-port': { type: 'string' },
        speed: { type: 'string' },
        'cut-every': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    return {
      kind: 'start',
      options: {
        port: readPort('port', values.port) ?? defaults.port,
        mqttPort: readPort('mqtt-port', values['mqtt-port']) ?? defaults.mqttPort,
        webSocketPort: readPort('websocket-port', values['websocket-port']) ?? defaults.webSocketPort,
        speed: readNumber('speed', values.speed, 0.1, 10_000) ?? defaults.speed,
        cutEvery: readNumber('cut-every', values['cut-every'], 0, 86_400) ?? defaults.cutEvery,
      },
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: 'wrong', why: error.message };
  }
}

function readPort(name: string, text: string | undefined): number | undefined {
  const port = readNumber(name, text, 0, 65_535);
  if (port !== undefined && !Number.isInteger(port)) {
    throw new Error(`option "--${name}" must be an integer 0–65535, got ${text}`);
  }
  return port;
}

function readNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`option "--${name}" must be a number ${least}–${most}, got "${text}"`);
}
