// What the peers in Node have in common: the files, and the turns.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const read = (name) => readFileSync(`${folder}/${name}`, 'utf8');

export const pem = read('key.pem');
export const rule = JSON.parse(read('rule.json'));
const tokens = read('tokens.txt').split('\n');

/** The version that is installed of a package. */
export function versionOf(name) {
  const path = createRequire(import.meta.url).resolve(name);
  const root = path.slice(0, path.lastIndexOf(`node_modules/${name}/`)) + `node_modules/${name}`;
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version;
}

/**
 * Takes turns. `verify` gives the claims of a token, at once or later, or throws.
 *
 * @param {string} name
 * @param {(token: string) => object | Promise<object>} verify
 */
export async function takeTurns(name, verify) {
  let ours = tokens;
  let padding = '';
  try {
    await verify(tokens[0]);
  } catch {
    ours = tokens.map((token) => token.replace(/=+$/, ''));
    padding = ' ¹';
  }
  const turn = async (times) => {
    for (let i = 0; i < times; i++) {
      for (const token of ours) {
        const claims = verify(token);
        if (typeof (claims instanceof Promise ? await claims : claims).sub !== 'string') throw new Error('refused');
      }
    }
  };
  // For the compiler.
  await turn(200);
  console.log(`${name}, Node ${process.versions.node}${padding}`);
  for await (const _ of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    await turn(TIMES);
    const { user, system } = process.cpuUsage(before);
    console.log(Math.round(((user + system) * 1_000) / (TIMES * ours.length)));
  }
}

const TIMES = 4;
