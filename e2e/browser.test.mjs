// The sample app with everything embedded, as a person meets it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { WINDOWS, launch, look, openWindow, readJson, slug } from './browser.mjs';
import { startSample } from './sample.mjs';

const RESTAURANTS = ['The Copper Ladle', 'Paper Lantern', 'Forno Luna', 'Fig & Fennel'];

let browser;
let sample;

before(async () => {
  [browser, sample] = await Promise.all([launch(), startSample()]);
});

after(async () => {
  await browser?.close();
  assert.equal(await sample?.stop(), 0, 'SIGTERM ends it in good order');
});

for (const [window, viewport] of Object.entries(WINDOWS)) {
  test(`each development user signs in, votes, reads their claims and signs out, in a ${window} window`, async (t) => {
    const people = await developmentUsers();
    assert.ok(people.length >= 4, `only ${people.length} users`);
    assert.ok(people.some(({ name }) => /[^\x00-\x7f]/.test(name)), 'one has a name beyond ASCII');

    for (const [index, { name, username }] of people.entries()) {
      await t.test(name, async () => {
        const colorScheme = index % 2 ? 'dark' : 'light';
        const { context, page, complaints } = await openWindow(browser, { viewport, colorScheme });
        const shot = (what) => look(page, `${window}-${slug(username)}-${colorScheme}-${what}`);

        await page.goto(sample.url);
        await loginButton(page, username).waitFor();
        await shot('1-login');
        await loginButton(page, username).click();

        await page.waitForURL(`${sample.url}/`);
        assert.equal(await page.locator('.name').innerText(), name);
        assert.equal(await page.locator('.card').count(), RESTAURANTS.length);
        await shot('2-home');

        // The one who voted before in the other window may be asked to move the vote instead.
        const choice = RESTAURANTS[index % RESTAURANTS.length];
        const next = RESTAURANTS[(index + 1) % RESTAURANTS.length];
        for (const restaurant of [choice, next]) {
          if (!(await card(page, restaurant).getByText('Your vote').count())) {
            await card(page, restaurant).getByRole('button').click();
          }
          await page.getByRole('status').filter({ hasText: `Your vote is with ${restaurant}` }).waitFor();
          assert.equal(await page.locator('.mine').count(), 1);
        }
        await shot('3-voted');

        const me = await readJson(context, `${sample.url}/api/me`);
        const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'sub', exact: true }) });
        assert.equal(await row.getByRole('cell').innerText(), JSON.stringify(me.subject));
        assert.equal(await page.getByRole('rowheader').count(), Object.keys(me.claims).length);
        assert.equal(await page.locator('.email').getByRole('img', { name: 'verified' }).count(), me.email ? 1 : 0);
        const panel = page.locator('.verification');
        for (const proven of [me.token.signer, me.token.key_id, me.issuer, me.token.client]) {
          assert.equal(await panel.getByText(proven, { exact: true }).count(), 1, proven);
        }

        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(`${sample.url}/signed-out`);
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        await shot('4-signed-out');
        const cookies = await context.cookies(sample.url);
        assert.deepEqual(cookies.filter((cookie) => cookie.name.startsWith('AWSELBAuthSessionCookie')), []);

        await page.getByRole('link', { name: 'Sign in again' }).click();
        await loginButton(page, username).waitFor();
        assert.notEqual(new URL(page.url()).origin, sample.url);

        assert.deepEqual(complaints, []);
        await context.close();
      });
    }
  });
}

for (const [window, viewport] of Object.entries(WINDOWS)) {
  test(`who is in the group gets behind the counter and nobody else does, in a ${window} window`, async () => {
    const alice = await signIn('alice', { viewport });
    await alice.page.getByText('You are in no group.').waitFor();
    if (!(await card(alice.page, 'Forno Luna').getByText('Your vote').count())) {
      await card(alice.page, 'Forno Luna').getByRole('button').click();
    }
    await alice.page.getByRole('status').filter({ hasText: 'Your vote is with Forno Luna' }).waitFor();
    await alice.page.getByRole('link', { name: 'behind the counter' }).click();
    await alice.page.getByRole('heading', { name: 'Behind the counter is for staff' }).waitFor();
    await look(alice.page, `${window}-403`);
    // The browser tells of the 403 itself.
    assert.deepEqual(alice.complaints.filter((complaint) => !complaint.includes('status of 403')), []);

    const grace = await signIn('grace', { viewport, colorScheme: 'dark' });
    await grace.page.locator('.checks').getByText('admins', { exact: true }).waitFor();
    await grace.page.getByRole('link', { name: 'behind the counter' }).click();
    const ballot = grace.page.getByRole('row').filter({ hasText: 'Alice Example' });
    assert.match(await ballot.innerText(), /Forno Luna/);
    await look(grace.page, `${window}-counter-1`);

    await grace.page.getByText('Clear all votes').click();
    await look(grace.page, `${window}-counter-2-asked`);
    await grace.page.getByRole('button', { name: 'Yes, clear them' }).click();
    await grace.page.getByText('Nobody has voted yet.').waitFor();
    await look(grace.page, `${window}-counter-3-cleared`);
    assert.deepEqual(grace.complaints, []);

    await alice.page.getByRole('link', { name: 'Back to the tables' }).click();
    await alice.page.getByText('You have one vote.').waitFor();
    await Promise.all([alice, grace].map(({ context }) => context.close()));
  });
}

test('on actix-web it is the same app', async () => {
  const actix = await startSample(['--port', '0', '--framework', 'actix']);
  const { context, page, complaints } = await signIn('grace', {}, actix);
  assert.match(await page.locator('.served').innerText(), /served by actix-web/);
  await card(page, 'Paper Lantern').getByRole('button').click();
  await page.getByRole('status').filter({ hasText: 'Your vote is with Paper Lantern' }).waitFor();
  await page.getByRole('link', { name: 'behind the counter' }).click();
  await page.getByRole('row').filter({ hasText: 'Grace Admin' }).waitFor();
  await look(page, 'wide-actix-counter');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${actix.url}/signed-out`);
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await loginButton(page, 'grace').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
  assert.equal(await actix.stop(), 0, 'SIGTERM ends it in good order');
});

test('votes of all are counted, and a reload keeps them', async () => {
  const { context, page, complaints } = await signIn('alice');
  const total = async () => Number((await page.locator('.served').innerText()).match(/^\d+/)[0]);
  const before = await total();
  await page.reload();
  assert.equal(await total(), before);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the page can be used by keyboard alone', async () => {
  const { context, page } = await signIn('alice');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^(Vote|Move vote)/);
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'Your vote is with' }).waitFor();
  await context.close();
});

test('a form on another site can neither vote nor sign out', async () => {
  const { context, page } = await signIn('alice');
  const standing = await page.getByRole('status').innerText();

  const foreign = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><link rel="icon" href="data:,">${['vote', 'signout']
      .map((path) => `<form method="post" action="${sample.url}/${path}"><input name="restaurant" value="forno-luna"><button>${path}</button></form>`)
      .join('')}`);
  }).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  // The session cookie has no SameSite attribute; browsers send such a cookie with a foreign POST while it is young.
  for (const path of ['vote', 'signout']) {
    await page.goto(`http://127.0.0.1:${foreign.address().port}/`);
    await page.getByRole('button', { name: path }).click();
    await page.getByRole('heading', { name: 'That came from another site' }).waitFor();
  }
  await look(page, 'wide-cross-site');
  foreign.closeAllConnections();
  foreign.close();

  await page.goto(sample.url);
  assert.equal(await page.getByRole('status').innerText(), standing);
  await context.close();
});

test('a script that asks as the manual shows leads to the login page when the session has ended', async () => {
  const manual = await readFile(new URL('../crates/alb-oidc/src/manual/sessions.rs', import.meta.url), 'utf8');
  const [, shown] = manual.match(/^\/\/! ```js\n(.*?)^\/\/! ```$/ms);
  const script = shown.replace(/^\/\/! ?/gm, '');
  // The sample's own pages may not fetch anything.
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(sample.url);
  await loginButton(page, 'alice').click();
  await page.waitForURL(`${sample.url}/`);
  const ask = `(async () => { ${script} return (await ask('/api/me')).json(); })()`;
  const me = await page.evaluate(ask);
  assert.equal(me.subject, (await readJson(context, `${sample.url}/api/me`)).subject);

  await context.clearCookies();
  // The page goes away before the script has an answer.
  await Promise.all([loginButton(page, 'alice').waitFor(), page.evaluate(ask).catch(() => {})]);
  assert.notEqual(new URL(page.url()).origin, sample.url);
  await context.close();
});

test('past the load balancer there is a page that says where to go', async () => {
  for (const [window, viewport] of Object.entries(WINDOWS)) {
    const { context, page } = await openWindow(browser, { viewport });
    const response = await page.goto(sample.appUrl);
    assert.equal(response.status(), 401);
    await page.getByRole('heading', { name: 'Please sign in at the front desk' }).waitFor();
    await look(page, `${window}-401`);
    await context.close();
  }
});

test('what is not there is a page, too', async () => {
  const { context, page } = await signIn('alice');
  const response = await page.goto(`${sample.url}/menu`);
  assert.equal(response.status(), 404);
  await page.getByRole('heading', { name: 'Nothing on this plate' }).waitFor();
  await look(page, 'wide-404');
  await context.close();
});

/** The users whom the login page offers. */
async function developmentUsers() {
  const { context, page } = await openWindow(browser);
  await page.goto(sample.url);
  const people = await page
    .locator('button[name=username]')
    .evaluateAll((buttons) => buttons.map((button) => ({ username: button.value, name: button.querySelector('.name').firstChild.textContent.trim() })));
  await context.close();
  return people;
}

async function signIn(username, window = {}, app = sample) {
  const opened = await openWindow(browser, window);
  await opened.page.goto(app.url);
  await loginButton(opened.page, username).click();
  await opened.page.waitForURL(`${app.url}/`);
  return opened;
}

function loginButton(page, username) {
  return page.locator(`button[name=username][value="${username}"]`);
}

function card(page, restaurant) {
  return page.locator('.card').filter({ has: page.getByRole('heading', { name: restaurant }) });
}
