/** How a stranger's device joins: a line to copy. */
import { byId, setText } from './dom.js';

export function showJoin(mqttPort: number): void {
  const command = `mosquitto_pub -h 127.0.0.1 -p ${mqttPort} -t sensors/balcony/temperature/1 -m 21.5`;
  const code = byId('join-command', HTMLElement);
  const result = byId('join-result', HTMLElement);
  setText(code, command);
  byId('join-copy', HTMLButtonElement).addEventListener('click', () => {
    navigator.clipboard.writeText(command).then(
      () => setText(result, 'Copied. Run it a few times with other numbers.'),
      () => {
        getSelection()?.selectAllChildren(code);
        setText(result, 'The line is selected; copy it with the keyboard.');
      },
    );
  });
}
