/**
 * The gateway as a process. Arguments: a folder that outlives it, port of MQTT over TCP, minutes of the house in one second, seconds between two
 * cuts.
 */
import { readFile } from 'node:fs/promises';
import { leaveInterruptToParent, reportReady } from '../start/child-process.js';
import { Gateway } from './gateway.js';
import { parseRecording } from './recording.js';

leaveInterruptToParent();
const [memoryFolder = '', ...numbers] = process.argv.slice(2);
const [mqttPort, speed, cutEvery] = numbers.map(Number) as [number, number, number];
const rows = parseRecording(await readFile(new URL('../../data/house.csv', import.meta.url), 'utf8'));
const gateway = await Gateway.start({ mqttPort, speed, cutEvery, memoryFolder }, rows);
reportReady(() => gateway.close());
