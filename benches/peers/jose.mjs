// npm's jose, with its key imported. It knows of the issuer, and not of signers and clients.

import { importSPKI, jwtVerify } from 'jose';
import { pem, rule, takeTurns, versionOf } from './turns.mjs';

const key = await importSPKI(pem, 'ES256');
const options = { algorithms: ['ES256'], issuer: rule.issuer };
await takeTurns(versionOf('jose'), async (token) => (await jwtVerify(token, key, options)).payload);
