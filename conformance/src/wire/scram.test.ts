import { expect, test } from 'vitest';
import { Scram } from './scram.js';

test('the example of RFC 7677 comes out as it stands there', () => {
  const scram = new Scram('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
  expect(scram.clientFirst()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const serverNonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  expect(scram.clientFinal(`r=${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)).toBe(
    `c=biws,r=${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  );
});
