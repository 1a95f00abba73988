// Reads tokens with our verdicts, one JSON object a line; asks aws-jwt-verify; and compares. Fails if a deviation is
// not in deviations.json, if one that is there does not occur, or if a token that both accept is not the same user's.

import { readFileSync } from 'node:fs';
import { theirVerdict } from './theirs.mjs';

const AT_LEAST = 4000;
const ACCEPTED_AT_LEAST = 1000;

const [tokensPath, only] = process.argv.slice(2);
const listed = JSON.parse(readFileSync(new URL('deviations.json', import.meta.url), 'utf8'));
const tokens = readFileSync(tokensPath, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));

const agreed = { accepted: 0, refused: 0 };
const deviations = { 'we refuse, they accept': new Map(), 'they refuse, we accept': new Map() };
const faults = [];
for (const given of tokens) {
  const { ours } = given;
  const { verdict: theirs, sub } = await theirVerdict(given);
  const [we, they] = [ours, theirs].map((verdict) => verdict === 'accepted');
  if (we === they) {
    agreed[we ? 'accepted' : 'refused'] += 1;
    if (we && given.sub !== sub) faults.push(`another user: ${given.name}: we say ${given.sub}, they ${sub}`);
    continue;
  }
  const direction = they ? 'we refuse, they accept' : 'they refuse, we accept';
  const kind = they ? ours : theirs;
  const cases = deviations[direction].get(kind) ?? [];
  deviations[direction].set(kind, [...cases, given.name]);
  if (only === kind) console.log(given.name);
}

console.log(`${tokens.length} tokens: both accept ${agreed.accepted}, both refuse ${agreed.refused}`);
for (const [direction, found] of Object.entries(deviations)) {
  const reasons = listed[direction];
  const total = [...found.values()].reduce((sum, cases) => sum + cases.length, 0);
  console.log(`\n${direction}: ${total}`);
  for (const [kind, cases] of [...found].sort(([, a], [, b]) => b.length - a.length)) {
    console.log(`${String(cases.length).padStart(6)}  ${kind}`);
    if (!(kind in reasons)) faults.push(`not in the list: ${direction}: ${kind}, for instance ${cases[0]}`);
  }
  for (const kind of Object.keys(reasons)) {
    if (!found.has(kind)) faults.push(`in the list, and does not occur: ${direction}: ${kind}`);
  }
}
if (tokens.length < AT_LEAST || agreed.accepted < ACCEPTED_AT_LEAST) faults.push('too few tokens to show anything');
if (faults.length > 0) {
  console.log(`\n${faults.join('\n')}`);
  process.exitCode = 1;
}
