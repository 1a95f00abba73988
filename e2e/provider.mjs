// A real OpenID provider: npm's oidc-provider, with the smallest login page that does.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

export const CLIENT = { id: 'four-tables', secret: 'a-secret-of-at-least-32-characters-for-the-tests' };

/** The one account. Its claims have what a development IdP in Cognito's shape never sends: real booleans, arrays and objects. */
export const ACCOUNT = {
  sub: 'grace-7f3a',
  name: 'Grâce Παπαδοπούλου',
  given_name: 'Grâce',
  email: 'grace@provider.example',
  email_verified: true,
  groups: ['tasters', 'staff'],
  address: { locality: 'Zürich', country: 'CH' },
};

/**
 * Starts the provider on a free loopback port.
 *
 * @param {string} app the origin of the load balancer, for the redirect addresses
 */
export async function startProvider(app) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${app}/oauth2/idpresponse`],
        post_logout_redirect_uris: [`${app}/signed-out`],
      },
    ],
    // A load balancer sends neither a PKCE challenge nor a nonce.
    pkce: { required: () => false },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'address'], email: ['email', 'email_verified'], groups: ['groups'] },
    cookies: { keys: ['only for these tests'] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        // Its own page asks another host for a font.
        logoutSource(context, form) {
          context.body = html(`<h1>Leave the provider too?</h1>${form}
            <button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`);
        },
      },
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, sub) => (sub === ACCOUNT.sub ? { accountId: sub, claims: () => ACCOUNT } : undefined),
    // Nobody is asked for consent: the one client may have what it asks for.
    async loadExistingGrant(context) {
      const { client, session, provider, params } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(params.scope);
      await grant.save();
      return grant;
    },
  });
  const problems = [];
  for (const event of ['server_error', 'authorization.error', 'grant.error', 'userinfo.error', 'end_session.error']) {
    provider.on(event, (_context, error) => problems.push(`${event}: ${error.error_description ?? error.message}`));
  }

  const answer = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    try {
      if (request.method === 'POST') {
        return await provider.interactionFinished(request, response, { login: { accountId: ACCOUNT.sub } });
      }
      await provider.interactionDetails(request, response);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(html(`<h1>A real provider</h1><form method="post"><button>Sign in as ${ACCOUNT.name}</button></form>`));
    } catch (error) {
      problems.push(String(error));
      response.writeHead(500).end();
    }
  });

  return {
    issuer,
    problems,
    logoutUrl: `${issuer}/session/end?${new URLSearchParams({ client_id: CLIENT.id, post_logout_redirect_uri: `${app}/signed-out` })}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function html(content) {
  return `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">${content}</html>`;
}
