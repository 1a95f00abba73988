// What aws-jwt-verify makes of a token, at a given instant and with given keys: nothing is fetched.

import { AlbJwtVerifier } from 'aws-jwt-verify';
import { AlbJwksCache } from 'aws-jwt-verify/alb-cache';
import { FetchError, JwtBaseError } from 'aws-jwt-verify/error';

const verifiers = new Map();

/**
 * @param {{ token: string | null, now: number, policy: object, keys: Record<string, string> }} given
 * @returns {Promise<{ verdict: string, sub?: string }>} `accepted` and whose it is, or the name of their error
 */
export async function theirVerdict({ token, now, policy, keys }) {
  // aws-jwt-verify reads no other clock.
  Date.now = () => now * 1000;
  const verifier = verifierOf(policy, keys);
  try {
    const { sub } = await verifier.verify(token);
    return { verdict: 'accepted', sub };
  } catch (error) {
    if (error instanceof JwtBaseError || error instanceof FetchError || isNodes(error)) return { verdict: nameOf(error) };
    // Anything else would be a fault of this script.
    throw error;
  }
}

// What Node throws out of aws-jwt-verify: at some signatures that are not 64 bytes long, and at an `exp` that no Date can be.
function isNodes(error) {
  return error.code === 'ERR_CRYPTO_OPERATION_FAILED' || (error instanceof RangeError && error.message === 'Invalid time value');
}

function verifierOf(policy, keys) {
  const id = JSON.stringify([policy, keys]);
  if (!verifiers.has(id)) {
    const entries = policy.entries.map(({ signers, issuer, clients }) => ({
      albArn: signers,
      issuer,
      clientId: clients,
      graceSeconds: policy.leeway,
      jwksUri: 'https://keys.example',
    }));
    const jwksCache = new AlbJwksCache({ fetcher: { fetch: (uri) => fetchKey(uri, keys) } });
    verifiers.set(id, AlbJwtVerifier.create(entries.length === 1 ? entries[0] : entries, { jwksCache }));
  }
  return verifiers.get(id);
}

async function fetchKey(uri, keys) {
  const pem = keys[uri.slice(uri.lastIndexOf('/') + 1)];
  if (pem === undefined) throw new FetchError(uri, 'no such key');
  return new TextEncoder().encode(pem).buffer;
}

// The kind of error, and of a claim that is not of its type, which.
function nameOf(error) {
  const { name } = error.constructor;
  return error.message.startsWith('JWT payload') ? `${name}: ${error.message}` : name;
}
