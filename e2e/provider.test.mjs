// The local load balancer with an OpenID provider that nobody here wrote.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';

import { launch, look, openWindow, readJson } from './browser.mjs';
import { ACCOUNT, CLIENT, startProvider } from './provider.mjs';
import { startSample } from './sample.mjs';

let browser;
let provider;
let sample;

before(async () => {
  // The redirect address must be registered before the load balancer starts, so its port is chosen here.
  const port = await freePort();
  provider = await startProvider(`http://localhost:${port}`);
  [browser, sample] = await Promise.all([
    launch(),
    startSample(
      ['--port', `${port}`, '--oidc-issuer', provider.issuer, '--oidc-client-id', CLIENT.id, '--oidc-scope', 'openid profile email groups', '--logout-url', provider.logoutUrl],
      { ALB_SIM_CLIENT_SECRET: CLIENT.secret },
    ),
  ]);
});

after(async () => {
  await browser?.close();
  assert.equal(await sample?.stop(), 0);
  await provider?.stop();
});

test('a user of a real provider signs in, is who the provider says, and signs out there too', async () => {
  const { context, page, complaints } = await openWindow(browser);

  await page.goto(sample.url);
  assert.equal(new URL(page.url()).origin, provider.issuer);
  await page.getByRole('button', { name: ACCOUNT.name }).click();

  await page.waitForURL(`${sample.url}/`);
  assert.equal(await page.locator('.name').innerText(), ACCOUNT.name);
  assert.equal(await page.locator('.email').getByRole('img', { name: 'verified' }).count(), 1);
  await look(page, 'provider-home');

  const me = await readJson(context, `${sample.url}/api/me`);
  assert.equal(me.issuer, provider.issuer);
  assert.equal(me.token.client, CLIENT.id);
  assert.deepEqual(me.claims, ACCOUNT);

  await page.getByRole('button', { name: 'Vote for Forno Luna' }).click();
  await page.getByText('Your vote is with Forno Luna').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  assert.equal(new URL(page.url()).origin, provider.issuer);
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await page.waitForURL(`${sample.url}/signed-out`);
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();

  await page.goto(sample.url);
  assert.equal(new URL(page.url()).origin, provider.issuer);
  await page.getByRole('button', { name: ACCOUNT.name }).waitFor();

  assert.deepEqual(complaints, []);
  assert.deepEqual(provider.problems, []);
  await context.close();
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
