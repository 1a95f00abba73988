// AWS' own verifier for these tokens, with its key at hand: `verifySync`.

import { AlbJwtVerifier } from 'aws-jwt-verify';
import { AlbJwksCache } from 'aws-jwt-verify/alb-cache';
import { readFileSync } from 'node:fs';
import { pem, rule, takeTurns, versionOf } from './turns.mjs';

const jwksCache = new AlbJwksCache({ fetcher: { fetch: async () => new TextEncoder().encode(pem).buffer } });
const verifier = AlbJwtVerifier.create(
  { albArn: rule.signer, issuer: rule.issuer, clientId: rule.client, jwksUri: 'https://keys.example' },
  { jwksCache },
);
const [token] = readFileSync(`${process.argv[2]}/tokens.txt`, 'utf8').split('\n');
await verifier.verify(token);
await takeTurns(versionOf('aws-jwt-verify'), (token) => verifier.verifySync(token));
