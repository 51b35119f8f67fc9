/** What the page has to be told before it can connect: `/settings.json`. */
export interface PageSettings {
  /** Port of MQTT over WebSocket, on the host of the page. */
  webSocketPort: number;
  /** Port of MQTT over TCP, for the line that a guest's device runs. */
  mqttPort: number;
}
