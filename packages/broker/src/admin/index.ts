/** HTTP for operators of a broker. */
export { type AdminServer, type AdminServerOptions, openAdminServer, shortestToken } from './admin-server.js';
export type { AdminAction } from './desk.js';
export { type HealthServer, type HealthServerOptions, openHealthServer } from './health-server.js';
export { metricsContentType, metricsText, type ProcessFigures } from './metrics-text.js';
