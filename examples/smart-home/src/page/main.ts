/** Where the page begins. */
import type { PageSettings } from '../house/page-settings.js';
import { showJoin } from './join-view.js';
import { runPage } from './page.js';
import { connectPage } from './page-connection.js';

const settings = (await (await fetch('settings.json')).json()) as PageSettings;
showJoin(settings.mqttPort);
runPage((events) => connectPage(settings, events));
